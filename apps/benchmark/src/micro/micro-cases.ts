import { ddpgCase } from './ddpg.ts';
import { dqnCase } from './dqn.ts';
import { gptCase, gptForwardCase } from './gpt.ts';
import type { MicroCase } from './micro-case.ts';
import { minatarCase } from './minatar.ts';
import { ppoCases } from './ppo.ts';
import { sacCase } from './sac.ts';

/** What `gradus bench micro` measures, in its order. */
export const microCases: readonly MicroCase[] = [
  ...ppoCases,
  dqnCase,
  ddpgCase,
  sacCase,
  gptCase,
  gptForwardCase,
  minatarCase,
];

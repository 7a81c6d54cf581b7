import { cemCases } from './cem.ts';
import { ddpgCase } from './ddpg.ts';
import { dqnCases, dqnLoopCase } from './dqn.ts';
import { gptCase, gptForwardCase } from './gpt.ts';
import type { MicroCase } from './micro-case.ts';
import { ppoCases } from './ppo.ts';
import { pqnCase } from './pqn.ts';
import { prioritizedReplayCase } from './prioritized-replay.ts';
import { loopCases, replayAgentCases } from './replay-agents.ts';
import { reinforceCase } from './reinforce.ts';
import { rlhfCases } from './rlhf.ts';
import { sacCase } from './sac.ts';

/** What `gradus bench micro` measures, in its order. */
export const microCases: readonly MicroCase[] = [
  ...ppoCases,
  reinforceCase,
  ...dqnCases,
  prioritizedReplayCase,
  dqnLoopCase,
  pqnCase,
  ddpgCase,
  sacCase,
  ...replayAgentCases,
  ...loopCases,
  ...cemCases,
  gptCase,
  gptForwardCase,
  ...rlhfCases,
];

import { writeRow, type ActionArray, type Discrete } from '../spaces/spaces.ts';
import type { Random } from '../random/random.ts';
import type { VectorEnv } from './vector-env.ts';

type ActedOn = Pick<VectorEnv, 'actionSpace' | 'actionMasks'>;

/** Writes an action for each copy of `env` into `actions`, [copies × action size], as its space draws them; where there are masks each legal one is as likely as any other. */
export function randomActions(env: ActedOn, actions: ActionArray, random: Random): void {
  const { actionSpace } = env;
  const copies = actions.length / actionSpace.size;
  for (let i = 0; i < copies; i++) {
    if (actionSpace.kind === 'discrete') actions[i] = randomAction(env, actionSpace, i, random);
    else writeRow(actionSpace, actionSpace.sample(random), actions, i);
  }
}

/** An action of copy `copy`, each as likely as any other; a legal one where there are masks. */
export function randomAction(
  { actionMasks }: Pick<ActedOn, 'actionMasks'>,
  { n, start }: Discrete,
  copy: number,
  random: Random,
): number {
  let action;
  do action = random.integer(n);
  while (actionMasks?.[copy * n + action] === 0);
  return start + action;
}

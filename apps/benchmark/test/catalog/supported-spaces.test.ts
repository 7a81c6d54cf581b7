import { Discrete, MultiDiscrete } from '@gradus/core';
import { makeVectorEnv, registerEnv } from '@gradus/envs';
import '@gradus/envs/text';
import { expect, it } from 'vitest';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { supportedSpaces, type SupportedSpaces } from '../../src/catalog/supported-spaces.ts';
import { smallOptions } from '../small-options.ts';

registerEnv({
  id: 'Choices-v0',
  create: () => ({
    observationSpace: new MultiDiscrete([2, 3]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: [0, 0] }),
    step: () => ({ observation: [0, 0], reward: 0, terminated: true, truncated: false }),
  }),
});

/** Environments by their spaces, and whether an algorithm for `spaces` is for them. */
const environments: readonly (readonly [id: string, isFor: (spaces: SupportedSpaces) => boolean])[] = [
  ['IdentityDiscrete-v0', ({ actions }) => /all|Discrete/.test(actions)],
  ['Choices-v0', ({ observations, actions }) => /all|MultiDiscrete/.test(observations) && /all|Discrete/.test(actions)],
  // Features have to be asked for.
  ['CartPole-v1', ({ observations, actions }) => observations === 'all' && /all|Discrete/.test(actions)],
  ['IdentityBox-v0', ({ observations, actions }) => observations === 'all' && /all|Box/.test(actions)],
  ['IdentityMultiDiscrete-v0', ({ actions }) => actions === 'all'],
  [
    'CoinCollector-v0',
    ({ observations, actions }) =>
      observations.startsWith('words') || (observations === 'all' && /all|Discrete$/.test(actions)),
  ],
];

function canBeMade(algorithm: string, id: string): boolean {
  const { create, defaults } = algorithms[algorithm];
  const env = makeVectorEnv(id, 1);
  try {
    create(env, smallOptions(defaults)).dispose();
    return true;
  } catch {
    return false;
  } finally {
    env.close();
  }
}

it('says of every algorithm what it takes', () => {
  expect(Object.keys(supportedSpaces)).toEqual(Object.keys(algorithms));
});

it.each(Object.entries(supportedSpaces))('%s can be made where it says so, and nowhere else', (name, spaces) => {
  const made = environments.map(([id]) => canBeMade(name, id));
  expect(made).toEqual(environments.map(([, isFor]) => isFor(spaces)));
});

import { badCalls, type Examples } from '@gradus/bad-calls';
import { Discrete, RunningNormalizer, type Observation } from '@gradus/core';
import * as envs from '@gradus/envs';
import { makeEnv } from '@gradus/envs';
import { afterAll, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const env = () => {
  const made = makeEnv('Pendulum-v1');
  made.reset({ seed: 1 });
  return made;
};
/** On which everything can be drawn, and nothing is. */
const context = () => new Proxy({}, { get: () => () => ({ data: new Uint8Array(4 * 600 * 400) }) });
const maxEpisodeSteps = 10;
const game = () => [{ stickyActionProbability: 0.1, difficultyRamping: true, minimalActions: false, maxEpisodeSteps }];

const examples: Examples = {
  acrobot: () => [{ maxEpisodeSteps }],
  aliasedGrid: () => [{ maxEpisodeSteps }],
  bandit: () => [{ numArms: 3, maxEpisodeSteps }],
  bitFlip: () => [{ bits: 3, maxEpisodeSteps }],
  blackjack: () => [{ sab: true, natural: false, maxEpisodeSteps }],
  cartPole: () => [{ maxEpisodeSteps }],
  cliffWalking: () => [{ isSlippery: true, maxEpisodeSteps }],
  contextualBandit: () => [{ values: [[1, 2]], noise: 1 }],
  encodeBlackjackState: () => [{ total: 12, dealerCard: 3, usableAce: false, isNatural: false }],
  checkEnv: () => [makeEnv('CartPole-v1'), { steps: 5, seed: 1 }],
  frozenLake: () => [
    { map: ['SF', 'FG'], isSlippery: true, successRate: 0.5, rewardSchedule: [1, 0, 0], maxEpisodeSteps },
  ],
  gridPosition: () => [3, 2],
  identity: () => [{ space: new Discrete(2), maxEpisodeSteps }],
  lectureGrid: () => [{ maxEpisodeSteps }],
  mountainCar: () => [{ maxEpisodeSteps }],
  mountainCarContinuous: () => [{ maxEpisodeSteps }],
  pendulum: () => [{ maxEpisodeSteps }],
  planarReacher: () => [{ tolerance: 0.1, maxEpisodeSteps }],
  asterix: game,
  breakout: game,
  freeway: game,
  seaquest: game,
  spaceInvaders: game,
  randomWalk: () => [{ numStates: 5, maxJump: 1, leftReward: 0, rightReward: 1, maxEpisodeSteps }],
  taxi: () => [
    { isRainy: true, rainyProbability: 0.5, ficklePassenger: true, fickleProbability: 0.5, maxEpisodeSteps },
  ],
  decodeTaxiState: () => [3],
  encodeTaxiState: () => [{ row: 1, column: 1, passenger: 1, destination: 1 }],
  envDefaults: () => ['CartPole-v1'],
  listEnvs: () => [],
  makeEnv: () => ['FrozenLake-v1', { mapName: '4x4', isSlippery: true }],
  'makeEnv.reset': () => [{ seed: 1 }],
  makeVectorEnv: () => ['CartPole-v1', 2, { maxEpisodeSteps }],
  'makeVectorEnv.reset': () => [{ seed: 1 }],
  registerEnv: () => [{ id: 'Thing-v0', defaults: { maxEpisodeSteps }, create: () => envs.cartPole() }],
  transitionTable: () => ['FrozenLake-v1', { mapName: '4x4' }],
  clipAction: () => [env()],
  'clipAction.step': () => [[1]],
  frameStack: () => [env(), 2],
  hideElements: () => [env(), [0]],
  maskActions: () => [makeEnv('CartPole-v1'), () => [1, 0]],
  normalizeObservation: () => [env(), { statistics: new RunningNormalizer(3), update: true }],
  normalizeReward: () => [env(), { gamma: 0.9 }],
  pixelObservation: () => [makeEnv('CartPole-v1'), { createContext: context, side: 10, frames: 2 }],
  recordEpisodeStatistics: () => [env()],
  'frameStack.reset': () => [{ seed: 1 }],
  'frameStack.step': () => [[1]],
  'maskActions.reset': () => [{ seed: 1 }],
  'rescaleAction.step': () => [[1]],
  'normalizeReward.step': () => [[1]],
  'pixelObservation.reset': () => [{ seed: 1 }],
  rescaleAction: () => [env(), -1, 1],
  timeLimit: () => [env(), 10],
  transformObservation: () => [env(), (observation: Observation) => observation, env().observationSpace],
  flattenObservation: () => [env()],
  transformReward: () => [env(), (reward: number) => reward],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(envs, examples, {
    sources: `${import.meta.dirname}/../src`,
    // Dynamics are called by the environments that are made of them.
    internal: [
      /\.render$/,
      /\.(observe|writeActionMasks)$/,
      /^(?!makeEnv|makeVectorEnv|clip|frame|hide|mask|norm|pixelO|record|rescale|time|transform).*\.(reset|step)$/,
    ],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

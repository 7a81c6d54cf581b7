import { badCalls, type Examples } from '@gradus/bad-calls';
import { Random } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import * as policyGradient from '@gradus/policy-gradient';
import { TabularSoftmax } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

const random = () => new Random(1);
const trajectories = () => [{ states: [0], actions: [1], rewards: [1], logProbabilities: [-0.7] }];
const tabular = () => new TabularSoftmax({ numStates: 2, numActions: 2 });
const softmaxFeatures = (_: number, action: number, target: Float64Array): void => void target.fill(action);
const gaussianFeatures = (_: number, target: Float64Array): void => void target.fill(1);

const examples: Examples = {
  // Agents, which go through core's checks: their own tests have their options.
  GradientBandit: null,
  NaturalPolicyGradient: null,
  Ppo: null,
  RecurrentPpo: null,
  Reinforce: null,
  Trpo: null,
  estimateGradient: () => [tabular(), trajectories(), { gamma: 0.9, credit: 'reward-to-go', baseline: 0 }],
  gradientEstimates: () => [tabular(), trajectories(), { gamma: 0.9, credit: 'reward-to-go', baseline: 0 }],
  sampleTrajectory: () => [
    transitionTable('FrozenLake-v1'),
    new TabularSoftmax({ numStates: 16, numActions: 4 }),
    random(),
  ],
  exactPolicyGradient: () => [
    transitionTable('FrozenLake-v1'),
    new TabularSoftmax({ numStates: 16, numActions: 4 }),
    { gamma: 0.9, discountsSteps: true },
  ],
  finiteHorizonPolicyGradient: () => [
    transitionTable('FrozenLake-v1'),
    new TabularSoftmax({ numStates: 16, numActions: 4 }),
    { horizon: 3, gamma: 0.9 },
  ],
  ClampPolicy: () => [0.5],
  'ClampPolicy.probabilities': () => [0, new Float64Array(2)],
  'ClampPolicy.sample': () => [0, random()],
  'ClampPolicy.logProbability': () => [0, 1],
  'ClampPolicy.score': () => [0, 1, new Float64Array(1)],
  LinearGaussian: () => [{ numFeatures: 1, features: gaussianFeatures, logStd: 0, learnsLogStd: true }],
  'LinearGaussian.mean': () => [0],
  'LinearGaussian.sample': () => [0, random()],
  'LinearGaussian.logProbability': () => [0, 1],
  'LinearGaussian.score': () => [0, 1, new Float64Array(2)],
  LinearSoftmax: () => [{ numActions: 2, numFeatures: 1, features: softmaxFeatures }],
  'LinearSoftmax.probabilities': () => [0, new Float64Array(2)],
  'LinearSoftmax.sample': () => [0, random()],
  'LinearSoftmax.logProbability': () => [0, 1],
  'LinearSoftmax.score': () => [0, 1, new Float64Array(1)],
  TabularSoftmax: () => [{ numStates: 2, numActions: 2 }],
  'TabularSoftmax.probabilities': () => [0, new Float64Array(2)],
  'TabularSoftmax.sample': () => [0, random()],
  'TabularSoftmax.logProbability': () => [0, 1],
  'TabularSoftmax.score': () => [0, 1, new Float64Array(4)],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(policyGradient, examples, {
    sources: `${import.meta.dirname}/../src`,
    // States are whatever the features take, and the features are the user's.
    internal: [/\.writeFeatures$/],
    accepted: [
      /^(LinearSoftmax|LinearGaussian|ClampPolicy)\.\w+\(1.*accepted$/,
      /radient(Estimates)?\(.*baseline: \(\) => 7\): accepted$/,
      /states.*accepted$/,
    ],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

import { agentCalls, badCalls, ofLoaded, type AgentClass, type AgentUse, type Examples } from '@gradus/bad-calls';
import { Random } from '@gradus/core';
import { makeEnv, transitionTable } from '@gradus/envs';
import * as policyGradient from '@gradus/policy-gradient';
import { TabularSoftmax } from '@gradus/policy-gradient';
import { device, lazyDevice } from '@gradus/tensor';
import { expect, test } from 'vitest';

const random = () => new Random(1);
const trajectories = () => [{ states: [0], actions: [1], rewards: [1], logProbabilities: [-0.7] }];
const tabular = () => new TabularSoftmax({ numStates: 2, numActions: 2 });
const softmaxFeatures = (_: number, action: number, target: Float64Array): void => void target.fill(action);
const gaussianFeatures = (_: number, target: Float64Array): void => void target.fill(1);

const examples: Record<string, Examples[string]> = {
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

// Compiles what is used, and nothing else.
const shared = { seed: 1, hidden: [4], learningRate: 0.1, gamma: 0.9, device: lazyDevice(device('wasm')) };
const rounds = { ...shared, steps: 8, batchSize: 8 };
const agents: Record<string, object> = {
  NaturalPolicyGradient: rounds,
  Ppo: { ...rounds, epochs: 1 },
  RecurrentPpo: { ...rounds, sequenceLength: 4, epochs: 1, cellSize: 4 },
  Reinforce: { ...shared, episodes: 1, batchSize: 8 },
  Trpo: rounds,
};
const exports: Record<string, unknown> = { ...policyGradient };
function addAgent(name: string, use: AgentUse): void {
  const calls = agentCalls(name, exports[name] as AgentClass, use);
  Object.assign(examples, calls.examples);
  Object.assign(exports, calls.statics);
}
for (const [name, options] of Object.entries(agents)) {
  const use = { env: () => makeEnv('CartPole-v1'), observation: [0, 0, 0, 0], actions: () => new Int32Array(1) };
  addAgent(name, { ...use, options });
}
addAgent('GradientBandit', {
  env: () => makeEnv('Bandit-v0'),
  options: { seed: 1, alpha: 0.1 },
  observation: 0,
  actions: () => new Int32Array(1),
});

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(exports, examples, {
    sources: `${import.meta.dirname}/../src`,
    // States are whatever the features take, and the features are the user's.
    internal: [/\.writeFeatures$/, ofLoaded],
    accepted: [
      /^(LinearSoftmax|LinearGaussian|ClampPolicy)\.\w+\(1.*accepted$/,
      /radient(Estimates)?\(.*baseline: \(\) => 7\): accepted$/,
      /states.*accepted$/,
      /\(2\.(hidden|sequenceLength): null\): accepted$/,
    ],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

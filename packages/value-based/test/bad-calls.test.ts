import { agentCalls, badCalls, ofLoaded, type AgentClass, type AgentUse, type Examples } from '@gradus/bad-calls';
import { Box, Discrete } from '@gradus/core';
import { makeEnv, transitionTable } from '@gradus/envs';
import { backgammon, startPosition } from '@gradus/envs/backgammon';
import { coinCollector, textEnv } from '@gradus/envs/text';
import { device, lazyDevice } from '@gradus/tensor';
import * as valueBased from '@gradus/value-based';
import {
  LinearTd,
  TdGammon,
  createFeatures,
  expectedTd,
  linearQLearningDefaults,
  linearSarsaDefaults,
  monteCarloDefaults,
  nStepDefaults,
  qLambdaDefaults,
  sarsaLambdaDefaults,
  tabularDefaults,
  uniformPolicy,
} from '@gradus/value-based';
import { afterAll, expect, test, vi } from 'vitest';

// Text worlds are registered in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const grid = () => makeEnv('LectureGrid-v0');
const pole = () => makeEnv('CartPole-v1');
const table = () => transitionTable('LectureGrid-v0');
const policy = () => uniformPolicy(table());
const states = () => new Float64Array(6).fill(1 / 6);
const pairs = () => new Float64Array(24);
const features = () => createFeatures(new Discrete(6), { kind: 'one-hot' });
const begun = (): LinearTd => {
  const predictor = new LinearTd(features(), { alpha: 0.1, gamma: 0.9 });
  predictor.begin(Float32Array.of(1));
  return predictor;
};
const averages = () => expectedTd(table(), policy(), features(), 0.9, states());
const prediction = () => ({
  episodes: 2,
  gamma: 0.9,
  alpha: 0.1,
  initialValues: states(),
  seed: 1,
  maxEpisodeSteps: 900,
});
const views = () => ({ gamma: 0.9, lambda: 0.5, alpha: 0.1 });
const episode = () => ({ states: [0, 1, 2], rewards: [1, 2], terminated: true });
const iterations = () => ({ tolerance: 1e-3, maxSweeps: 1000 });

// Compiles what is used, and nothing else.
const lazy = lazyDevice(device('wasm'));
const gammon = () => ({
  seed: 1,
  hidden: [4],
  lambda: 0.7,
  learningRate: 0.1,
  numGames: 1,
  batchSize: 64,
  device: lazy,
});

const examples: Record<string, Examples[string]> = {
  // Of core, whose own test calls them.
  actionValues: null,
  finiteHorizonDistributions: null,
  finiteHorizonValues: null,
  terminalStates: null,
  backwardInduction: () => [table(), { horizon: 3 }],
  evaluatePolicy: () => [table(), policy(), 0.9],
  evaluatePolicyIteratively: () => [table(), policy(), 0.9, iterations()],
  policyIteration: () => [table(), 0.9],
  valueIteration: () => [table(), 0.9, iterations()],
  averageReward: () => [table(), policy()],
  averageValue: () => [table(), policy(), 0.9],
  startValue: () => [table(), policy(), 0.9],
  discountedStateDistribution: () => [table(), policy(), 0.9],
  stateDistribution: () => [table(), policy(), 2],
  stationaryStateDistribution: () => [table(), policy()],
  greedyPolicy: () => [pairs(), 4],
  uniformPolicy: () => [table()],
  bairdCounterexample: () => [],
  createFeatures: () => [new Box(0, 1, [2]), { kind: 'tiles', tilings: 2, tiles: 2, low: [0, 0], high: [1, 1] }],
  createFeatureVector: () => [features()],
  linearStateValues: () => [features(), new Float64Array(6), [0, 1], 1],
  expectedTd: () => [table(), policy(), features(), 0.9, states()],
  expectedTdUpdate: () => [averages(), new Float64Array(6), 0.1],
  expectedTdcUpdate: () => [averages(), new Float64Array(6), new Float64Array(6), 0.1, 0.1],
  leastSquaresWeights: () => [features(), states(), states()],
  rootValueError: () => [features(), new Float64Array(6), states(), states()],
  tdFixedPoint: () => [expectedTd(table(), policy(), features(), 0.9, states())],
  TdGammon: () => [backgammon, gammon()],
  'TdGammon.choose': () => [{ afterstates: [startPosition(), startPosition()] }, { plies: 2 }],
  'TdGammon.evaluate': () => [[startPosition()]],
  'TdGammon.learn': () => [{ steps: 1 }],
  'TdGammon.load': () => [new TdGammon(backgammon, gammon()).checkpoint(), backgammon, gammon()],
  LinearTd: () => [features(), { alpha: 0.1, gamma: 0.9, nSteps: 1 }],
  LinearTdLambda: () => [features(), { alpha: 0.1, gamma: 0.9, lambda: 0.5 }],
  Lstd: () => [features(), 0.9],
  'Lstd.solve': () => [1],
  Tdc: () => [features(), { alpha: 0.1, beta: 0.1, gamma: 0.9 }],
  predictValues: () => [begun(), grid(), { act: () => 1 }, { steps: 4, seed: 1, maxEpisodeSteps: 10, ratio: () => 1 }],
  boltzmann: () => [1],
  epsilonGreedy: () => [0.1],
  upperConfidence: () => [1],
  visitStepSize: () => [1, 0],
  backwardView: () => [episode(), states(), views()],
  forwardView: () => [episode(), states(), views()],
  monteCarloPrediction: () => [grid(), policy(), { ...prediction(), visits: 'first' }],
  tdLambda: () => [grid(), policy(), { ...prediction(), lambda: 0.5, traces: 'accumulating' }],
  temporalDifferencePrediction: () => [grid(), policy(), { ...prediction(), nSteps: 1 }],
};

const tabular = {
  DoubleQLearning: tabularDefaults,
  ExpectedSarsa: tabularDefaults,
  MonteCarloControl: monteCarloDefaults,
  NStepQLearning: nStepDefaults,
  NStepSarsa: nStepDefaults,
  QLambda: qLambdaDefaults,
  QLearning: tabularDefaults,
  Sarsa: tabularDefaults,
  SarsaLambda: sarsaLambdaDefaults,
};
const linear = { LinearQLearning: linearQLearningDefaults, LinearSarsa: linearSarsaDefaults };
const tiles = { features: { kind: 'tiles', tilings: 2, tiles: 2, low: [-3, -3, -3, -3], high: [3, 3, 3, 3] } };
const shared = { seed: 1, learningRate: 0.1, gamma: 0.9, device: lazy };
const network = { ...shared, hidden: [4] };
const deep = {
  Dqn: { ...network, batchSize: 4, learningStarts: 4, bufferSize: 8 },
  Pqn: { ...network, steps: 8, batchSize: 8, epochs: 1 },
};

const game = () =>
  textEnv(coinCollector({ level: 1 }), { maxWords: 2, maxActions: 4, maxActionWords: 2, vocabulary: 9 });
const small = { ...shared, hiddenSize: 2, embeddingSize: 2, batchSize: 4, learningStarts: 4, bufferSize: 8 };
const text = { Drrn: small, Tdqn: small };

const exports: Record<string, unknown> = { ...valueBased };
function addAgent(name: string, env: AgentUse['env'], options: object, observation: AgentUse['observation']): void {
  const use = { env, options, observation, actions: () => new Int32Array(1) };
  const calls = agentCalls(name, exports[name] as AgentClass, use);
  Object.assign(examples, calls.examples);
  Object.assign(exports, calls.statics);
}
for (const [name, options] of Object.entries(tabular)) addAgent(name, grid, options, 0);
for (const [name, options] of Object.entries(linear)) addAgent(name, pole, { ...options, ...tiles }, [0, 0, 0, 0]);
for (const [name, options] of Object.entries(deep)) addAgent(name, pole, options, [0, 0, 0, 0]);

for (const [name, options] of Object.entries(text)) {
  addAgent(name, game, options, new Array<number>(8 + 6 + 1 + 12).fill(0));
}

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(exports, examples, {
    sources: `${import.meta.dirname}/../src`,
    internal: [ofLoaded, /^(LinearTd|LinearTdLambda|Lstd|Tdc|createFeatures)\.(begin|update|write)$/, /\.writeKey$/],
    accepted: [/^(Dqn|Pqn)\(2\.hidden: null\)/],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

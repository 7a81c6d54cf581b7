import { badCalls, type Examples } from '@gradus/bad-calls';
import * as core from '@gradus/core';
import {
  Box,
  Dict,
  Discrete,
  NumpyRandom,
  Random,
  TransitionTable,
  createActorCritic,
  vectorEnvFromDynamics,
  type Agent,
  type Dynamics,
  type TransitionTableParts,
} from '@gradus/core';
import { device, linear } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { fakeAgent } from './fake-agent.ts';

const wasm = device('wasm');

const parts = (): TransitionTableParts => ({
  numStates: 2,
  numActions: 2,
  initialDistribution: [1, 0],
  outcomes: (state) => [{ probability: 1, nextState: 1, reward: 1, terminated: state === 1 }],
});

/** Counts to three. */
const dynamics = (): Dynamics<'count', Int32Array> => ({
  observationSpace: new Box(0, 3, [1]),
  actionSpace: new Discrete(2),
  variables: { count: 1 },
  maxEpisodeSteps: 10,
  reset: ({ count }, i) => void (count[i] = 0),
  step({ count }, _, { rewards, terminated }, start, end) {
    for (let i = start; i < end; i++) {
      rewards[i] = 1;
      terminated[i] = Number(++count[i] === 3);
    }
  },
  observe({ count }, observations, start, end) {
    for (let i = start; i < end; i++) observations[i] = count[i];
  },
});

/** Environments in the middle of an episode. */
const env = () => {
  const made = core.envFromDynamics(dynamics());
  made.reset({ seed: 1 });
  return made;
};
const vectorEnv = () => {
  const made = vectorEnvFromDynamics(dynamics(), 2);
  made.reset({ seed: 1 });
  return made;
};
const policy = () => ({ act: () => 1 });
const random = () => new Random(1);
const scores = () => ({ task: [1, 2, 3, 4] });
const others = () => ({ task: [0, 1, 2, 3] });
const transitions = () => ({
  numEnvs: 1,
  rewards: [1, 2],
  nextValues: [0, 0],
  terminated: [0, 1],
  truncated: [0, 0],
});
const outcome = () => {
  const copies = vectorEnvFromDynamics(dynamics(), 2);
  copies.reset({ seed: 1 });
  return copies;
};
/** Environments with goals, as buffers see them, and what a step of theirs led to. */
const goalEnv = () => {
  const part = new Box(-1, 1, [1]);
  return {
    numEnvs: 2,
    observationSpace: new Dict({ achievedGoal: part, desiredGoal: part }),
    actionSpace: new Discrete(2),
    goalRules: { computeRewards: () => undefined },
  };
};
const goalOutcome = () => ({
  observations: new Float32Array(4),
  finalObservations: new Float32Array(4),
  rewards: new Float64Array(2),
  terminated: new Uint8Array(2),
  truncated: new Uint8Array(2),
});
/** The same, whose entries are tried one by one. */
const plainOutcome = () => {
  const { observations, finalObservations, rewards, terminated, truncated } = outcome();
  return { observations, finalObservations, rewards, terminated, truncated };
};
const networks = () => createActorCritic(vectorEnv(), { hidden: [4], activation: 'tanh', initialLogStd: 0 }, random());
const layer = (output: number) => linear({ input: 2, output, random: random() });
const checkpoint = () => ({ algorithm: 'fake', state: { step: 1 }, files: {} });

/** Its state has no prototype, so that it is one argument: what is in it is for the tests of agents. */
const agentCheckpoint = () => {
  const env = vectorEnv();
  const { observationSpace, actionSpace, numEnvs } = env;
  const state = {
    options: { seed: 1 },
    env: { observationSpace: observationSpace.toJSON(), actionSpace: actionSpace.toJSON(), numEnvs, hasMasks: false },
    training: new core.TrainingEnv(env, 1).getState(),
    learned: {},
  };
  return { algorithm: 'fake', state: Object.assign(Object.create(null), state) as typeof state, files: {} };
};

const examples: Examples = {
  stateInputs: () => [vectorEnv(), 3],
  stepInputs: () => [vectorEnv(), 3],
  // Within a program: tensor's own checks see what they are given.
  approximateKl: null,
  bernoulli: null,
  categorical: null,
  gaussian: null,
  multiCategorical: null,
  observationFeatures: null,
  policyDistribution: null,
  squashedGaussian: null,
  stateDependentGaussian: null,
  'actorCriticOf.policy': null,
  'actorCriticOf.value': null,
  'createActorCritic.policy': null,
  'createActorCritic.value': null,
  // What options and updates are checked with.
  UpdateMetrics: null,
  checkArguments: null,
  checkOptions: null,
  checkParameters: null,
  checkUpdate: null,
  finite: null,
  havingMethods: null,
  nullable: null,
  objectOf: null,
  oneOf: null,
  optional: null,
  rejectUnknown: null,
  scheduleOf: null,
  nearestNames: null,
  similarNames: null,
  valueText: null,
  checkActing: null,
  checkActingTogether: null,
  learnSteps: null,
  checkFiniteRows: null,
  // Inner loops of algorithms, which have checked their environments.
  endlessEpisode: null,
  episodeLimit: null,
  resetEnv: null,
  stepCopies: null,
  stepEnv: null,
  actionValues: null,
  backUp: null,
  originalReward: null,
  withReward: null,
  readHorizon: null,
  // Of tables.
  finiteHorizonDistributions: null,
  finiteHorizonValues: null,
  terminalStates: null,
  maximumValues: null,
  clipToBounds: null,
  leavesAction: null,
  readRow: null,
  writeRow: null,
  actorCriticOf: () => [
    { observationSpace: new Box(0, 1, [2]), actionSpace: new Box(0, 1, [2]) },
    { body: layer(2), features: layer(2), head: layer(2), critic: layer(1) },
    { initialLogStd: 0, stateDependentExploration: 4 },
  ],
  outputWidth: () => ['network', 'its module', layer(2), 2, 2],
  dictFeatures: () => [new Dict({ a: new Box(0, 1, [2]) }), { a: layer(2) }],
  createActorCritic: () => [
    { observationSpace: new Box(0, 1, [2]), actionSpace: new Discrete(2) },
    { hidden: [4], activation: 'tanh', initialLogStd: 0, orthogonalInitialization: true },
    random(),
  ],
  bootstrapInterval: () => [scores(), core.meanScore, { confidence: 0.9, repetitions: 10, seed: 1 }],
  probabilityOfImprovementInterval: () => [scores(), others(), { confidence: 0.9, repetitions: 10, seed: 1 }],
  checkActionMasks: () => [[1, 0], 2, 1],
  checkActions: () => [new Discrete(2), Int32Array.of(0, 1), 2],
  checkValue: () => ['observation', new Discrete(2), 1],
  encodeCheckpoint: () => [checkpoint()],
  decodeCheckpoint: () => [core.encodeCheckpoint(checkpoint())],
  encodeCheckpointFile: () => [checkpoint()],
  decodeCheckpointFile: () => [core.encodeCheckpointFile(checkpoint())],
  openCheckpoint: () => [{ ...checkpoint(), files: { weights: new Uint8Array(1) } }, 'fake'],
  'openCheckpoint.file': () => ['weights'],
  plainState: () => [Object.create(null) as object],
  loadAgent: () => [agentCheckpoint(), [{ algorithm: 'fake', load: () => fakeAgent() }], {}],
  loadCheckpoint: () => [`data:;base64,${Buffer.from(core.encodeCheckpointFile(checkpoint())).toString('base64')}`],
  inspectCheckpoint: () => [agentCheckpoint()],
  policyOutputs: () => [new Discrete(2)],
  actionCounts: () => [new Discrete(2)],
  actionMaskSize: () => [new Discrete(2)],
  dynamicsFromTable: () => [
    new TransitionTable(parts()),
    { maxEpisodeSteps: 10, observations: { space: new Discrete(2), values: [0, 1] } },
  ],
  innerStatistics: () => [env(), 'observation'],
  envFromDynamics: () => [dynamics()],
  'envFromDynamics.reset': () => [{ seed: 1 }],
  'envFromDynamics.setState': () => [env().getState()],
  stopOnReturn: () => [10, 'rollout/episode_return'],
  stopOnNoImprovement: () => [{ evaluations: 3, minEvaluations: 2 }],
  evaluate: () => [policy(), env(), { episodes: 2, seed: 1, deterministic: true }],
  goalParts: () => [new Dict({ achievedGoal: new Box(0, 1, [2]), desiredGoal: new Box(0, 1, [2]) })],
  HindsightReplayBuffer: () => [goalEnv(), { capacity: 10, gamma: 0.9, strategy: 'final', sampledGoals: 3 }],
  'HindsightReplayBuffer.beginStep': () => [new Float32Array(4), [0, 1]],
  'HindsightReplayBuffer.endStep': () => [goalOutcome()],
  holm: () => [[0.1, 0.2]],
  NumpyRandom: () => [1],
  'NumpyRandom.uniform': () => [0, 1],
  'NumpyRandom.integer': () => [3],
  'NumpyRandom.setState': () => [new NumpyRandom(1).getState()],
  featureCount: () => [new Discrete(2)],
  periodicEvaluation: () => [
    { env: env(), interval: 10, episodes: 2, seed: 1, deterministic: true, onBest: () => undefined },
  ],
  PrioritizedReplayBuffer: () => [vectorEnv(), { capacity: 10, gamma: 0.9, nSteps: 1, priorityExponent: 0.5 }],
  'PrioritizedReplayBuffer.beginStep': () => [new Float32Array(2), [0, 1]],
  'PrioritizedReplayBuffer.endStep': () => [outcome()],
  // Of agents, whose packages test it.
  actGraph: null,
  ProgramPolicy: null,
  ProgressRecorder: () => [],
  'ProgressRecorder.start': () => [10],
  'ProgressRecorder.record': () => [vectorEnv()],
  'ProgressRecorder.recordUntil': () => [10, []],
  'ProgressRecorder.progress': () => [{ loss: 1 }],
  Random: () => [1],
  fillNormal: () => [random(), new Float64Array(4)],
  'Random.uniform': () => [0, 1],
  'Random.integer': () => [3],
  'Random.shuffle': () => [Int32Array.of(1, 2)],
  'Random.fork': () => ['a'],
  'Random.setState': () => [random().getState()],
  rankSumTest: () => [scores(), others()],
  smallestPValue: () => [3, 3],
  ReplayBuffer: () => [vectorEnv(), { capacity: 10, gamma: 0.9, nSteps: 1 }],
  'ReplayBuffer.beginStep': () => [new Float32Array(2), [0, 1]],
  'ReplayBuffer.endStep': () => [plainOutcome()],
  discountedReturn: () => [[1, 2], 0.9],
  discountedReturns: () => [transitions(), 0.9, new Float32Array(2)],
  generalizedAdvantageEstimation: () => [
    { ...transitions(), values: [0, 0] },
    { gamma: 0.9, lambda: 0.9 },
    new Float32Array(2),
  ],
  lambdaReturns: () => [transitions(), { gamma: 0.9, lambda: 0.9 }, new Float32Array(2)],
  nStepReturns: () => [transitions(), { gamma: 0.9, n: 2 }, new Float32Array(2)],
  rewardToGo: () => [[1, 2], 0.9, new Float32Array(2)],
  RolloutBuffer: () => [vectorEnv(), 4, 0],
  'RolloutBuffer.beginStep': () => [new Float32Array(2), [0, 1], [0, 0], [0, 0]],
  'RolloutBuffer.endStep': () => [{ rewards: [1, 1], terminated: [0, 0], truncated: [0, 0] }],
  RolloutCollector: () => [
    new core.TrainingEnv(vectorEnv(), 1),
    networks(),
    {
      steps: 4,
      gamma: 0.9,
      gaeLambda: 0.9,
      normalizeObservation: true,
      normalizeReward: true,
      stateDependentExploration: 2,
      seed: 1,
    },
    { device: wasm },
  ],
  'RolloutCollector.rounds': () => [10],
  RewardNormalizer: () => [2, 0.9],
  'RewardNormalizer.normalize': () => [outcome(), new Float32Array(2)],
  'RewardNormalizer.setState': () => [new core.RewardNormalizer(2, 0.9).getState()],
  RunningNormalizer: () => [2, 10],
  'RunningNormalizer.update': () => [new Float32Array(2)],
  'RunningNormalizer.normalize': () => [new Float32Array(2), new Float32Array(2)],
  'RunningNormalizer.setState': () => [new core.RunningNormalizer(2).getState()],
  exponential: () => [1, 0.1],
  linear: () => [1, 0, 1],
  piecewise: () => [
    [
      [0, 1],
      [1, 2],
    ],
  ],
  scheduleValue: () => [{ kind: 'linear', from: 1, to: 0, until: 1 }, 0.5],
  solveLinearSystem: () => [Float64Array.of(1, 0, 0, 1), Float64Array.of(1, 2)],
  Box: () => [0, 1, [2], { dtype: 'float32' }],
  'Box.sample': () => [random()],
  Discrete: () => [3, 0],
  'Discrete.sample': () => [random()],
  MultiDiscrete: () => [
    [2, 3],
    [0, 1],
  ],
  'MultiDiscrete.sample': () => [random()],
  MultiBinary: () => [3],
  'MultiBinary.sample': () => [random()],
  Dict: () => [{ goal: new Discrete(3), position: new Box(-1, 1, [2]) }],
  'Dict.sample': () => [random()],
  'Dict.view': () => [new Float32Array(6), 1],
  'Dict.flatten': () => [{ goal: 1, position: [0, 0] }],
  'Dict.write': null,
  'Dict.partProblem': null,
  spaceFromJson: () => [new Discrete(2).toJSON(), 'space'],
  spaceLeaves: () => [new Discrete(2)],
  elementChoices: () => [new Discrete(2)],
  spaceBounds: () => [new Discrete(2)],
  isNumeric: () => [new Discrete(2)],
  numbersOf: null,
  createActions: () => [new Discrete(2), 3],
  readNumber: () => [{ a: 1 }, 'a'],
  readState: () => [{ a: { b: 1 } }, 'a'],
  readStates: () => [{ a: [{ b: 1 }] }, 'a', 1],
  readString: () => [{ a: 'b' }, 'a'],
  restoreArray: () => [{ a: Float32Array.of(1) }, 'a', new Float32Array(1)],
  interquartileMean: () => [scores()],
  meanScore: () => [scores()],
  medianScore: () => [scores()],
  normalizeScore: () => [1, 0, 2],
  optimalityGap: () => [scores(), 1],
  performanceProfile: () => [scores(), [0, 1]],
  probabilityOfImprovement: () => [scores(), others()],
  consecutiveSeeds: () => [1, 2],
  copySeeds: () => [1, 2],
  programKeys: () => [1],
  spawnSeed: () => [1, 2],
  SumTree: () => [4],
  'SumTree.get': () => [1],
  'SumTree.set': () => [1, 2],
  train: () => [Object.create(fakeAgent()) as Agent, { steps: 20, callbacks: [core.stopOnReturn(1)] }],
  discreteActions: () => ['subject', vectorEnv()],
  roundSize: () => ['Ppo', { steps: 4, batchSize: 4 }, vectorEnv()],
  SamplingKeys: () => [1],
  'SamplingKeys.setState': () => [new core.SamplingKeys(1).getState()],
  savedValues: () => [{ a: 1, b: Float32Array.of(1) }],
  TrainingEnv: () => [vectorEnv(), 1],
  'TrainingEnv.begin': () => [10],
  TransitionTable: () => [parts()],
  'TransitionTable.outcomes': () => [0, 1],
  vectorEnvFromDynamics: () => [dynamics(), 2],
  'vectorEnvFromDynamics.reset': () => [{ seed: 1 }],
  vectorize: () => [() => env(), 2],
  'asVectorEnv.reset': () => [{ seed: 1 }],
  'vectorize.reset': () => [{ seed: 1 }],
  asVectorEnv: () => [env()],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(core, examples, {
    sources: `${import.meta.dirname}/../src`,
    internal: [
      /^check[A-Z]/,
      /^(ActorCriticLookup|(feature|dense|picture|relu)Layers|BaseAgent|categoricalReturns|Minibatches|NetworkLookup|OffPolicyLoop|randomActions?|variantCheck)/,
      /^(everyStep|observationRows|openAgent|placeholderEnv|restoreAgent|saveAgent|shownObservations)/,
      // The fake agent's.
      /^loadAgent\./,
      /^(RolloutCollector\.prepare|RunningNormalizer\.apply)/,
      /^SamplingKeys\.(write|for)/,
      /\.on(Start|Progress|End)$/,
      /\.(render|writeKey)$/,
      /^dynamicsFromTable\./,
    ],
    // Any data makes a state; what is in it is seen by who reads it.
    accepted: [
      /^scheduleValue\(1: .*(NaN|Infinity|-1|1\.5)\): accepted$/,
      /^Box\(1: \[\]\): accepted$/,
      /\((1\.state|1\.a|1\.files)\b.*accepted$/,
      /^(train|ProgressRecorder\.progress)\(1.*accepted$/,
      /^train\(1\.(step|learn): /,
      /^(RolloutCollector|actorCriticOf)\(3\.stateDependentExploration: null\)/,
      /^createActorCritic\(2\.(hidden|activation): null\)/,
      /^RolloutCollector\(2\.policy: \(\)/,
      /^RolloutCollector\(2\.\w*arameters.*accepted$/,
      /^scheduleValue\(1: .*(NaN|Infinity|-1|1\.5): accepted$/,
      /^plainState\(1: \[\]/,
      /^savedValues\(1.*accepted$/,
      /beginStep\(\d\[0\]: /,
    ],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

export { ActorCriticLookup, type ActionDistribution } from './policies/actor-critic-lookup.ts';
export {
  aModule,
  denseLayers,
  dictFeatures,
  featureLayerChecks,
  featureLayerDefaults,
  featureLayers,
  pictureLayers,
  type Convolution,
  type FeatureLayerOptions,
  type LayerMakers,
  type PartLayers,
  type PictureLayers,
} from './policies/feature-layers.ts';
export { outputWidth } from './policies/output-width.ts';
export { NetworkLookup, type LookupProgram, type NetworkLookupOptions } from './policies/network-lookup.ts';
export { actionValues, backUp, maximumValues } from './exact/action-values.ts';
export {
  actorCriticOf,
  type ActorCritic,
  type ActorCriticModules,
  type ActorNoiseOptions,
} from './policies/actor-critic.ts';
export {
  createActorCritic,
  networkChecks,
  networkDefaults,
  reluLayers,
  type ActorCriticOptions,
  type MakeActorCritic,
  type NetworkOptions,
} from './policies/actor-critic-networks.ts';
export type {
  ActOptions,
  Agent,
  CheckpointOptions,
  DeviceOption,
  Learner,
  LearnMoreOptions,
  LearnOptions,
  Policy,
} from './training/agent.ts';
export {
  BaseAgent,
  loadAgent,
  type AgentClass,
  type AgentKind,
  type AgentOptions,
  type AgentParts,
  type LoadAgentOptions,
  type LoadOptions,
  type LoadableAgent,
} from './policies/base-agent.ts';
export { everyStep, type EveryStepMethod } from './policies/every-step.ts';
export { inspectCheckpoint, type CheckpointContents } from './policies/inspect-checkpoint.ts';
export type { TrainedIn } from './environments/placeholder-env.ts';
export { observationRows } from './policies/observation-rows.ts';
export { shownObservations } from './policies/shown-observations.ts';
export { placeholderEnv } from './environments/placeholder-env.ts';
export { openAgent, restoreAgent, saveAgent, type AgentState, type SavedParts } from './policies/saved-agent.ts';
export { discreteActions, learnSteps, roundSize } from './training/agent-options.ts';
export {
  aDevice,
  aFunction,
  aNumber,
  aPolicy,
  aRandomSource,
  aSpace,
  aTransitionTable,
  anEnv,
  anObject,
  havingMethods,
  numberList,
  objectOf,
  someOptions,
  stepLimit,
  text,
} from './options/argument-checks.ts';
export {
  bootstrapInterval,
  probabilityOfImprovementInterval,
  type BootstrapOptions,
  type Interval,
} from './statistics/bootstrap-interval.ts';
export { categoricalReturns, type Atoms, type CategoricalReturns } from './policies/categorical-returns.ts';
export { checkActing, checkActingTogether } from './training/check-acting.ts';
export { checkActionMasks, leavesAction } from './environments/check-action-masks.ts';
export {
  checkArguments,
  checkOptions,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nearestNames,
  nonNegativeNumber,
  nullable,
  oneOf,
  optional,
  positiveInteger,
  positiveNumber,
  rejectUnknown,
  similarNames,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
export { checkFiniteRows, checkReward, checkRewards, checkStep } from './environments/check-float32.ts';
export { checkActions, checkValue } from './environments/check-values.ts';
export { resetEnv, stepCopies, stepEnv } from './environments/checked-step.ts';
export { decodeCheckpointFile, encodeCheckpointFile, loadCheckpoint } from './checkpoints/checkpoint-file.ts';
export { checkCheckpoint, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoints/checkpoint.ts';
export {
  bernoulli,
  categorical,
  gaussian,
  multiCategorical,
  policyDistribution,
  policyOutputs,
  squashedGaussian,
  type Distribution,
  type SquashedGaussian,
  type SquashedSample,
} from './policies/distributions.ts';
export { UpdateMetrics, checkParameters, checkUpdate } from './training/divergence.ts';
export {
  actionCounts,
  actionMaskSize,
  type Dynamics,
  type DynamicsOutcome,
  type DynamicsState,
} from './environments/dynamics.ts';
export { dynamicsFromTable, type TableDynamicsOptions } from './environments/dynamics-from-table.ts';
export { envFromDynamics } from './environments/env-from-dynamics.ts';
export { originalReward, withReward } from './environments/original-reward.ts';
export type { Env, EnvStatistics, Info, ResetOptions, ResetResult, StepResult } from './environments/env.ts';
export { stopOnNoImprovement, stopOnReturn, type StopOnNoImprovementOptions } from './training/early-stopping.ts';
export { CheckpointError, DivergenceError, EnvError, LogError } from './errors.ts';
export { endlessEpisode, episodeLimit, evaluate, type EvaluateOptions, type Evaluation } from './training/evaluate.ts';
export {
  Minibatches,
  samplingChecks,
  samplingDefaults,
  type MinibatchOptions,
  type PrioritizedSampling,
  type SamplingOptions,
} from './policies/minibatches.ts';
export { OffPolicyLoop, type OffPolicyMethod, type OffPolicyOptions } from './policies/off-policy-loop.ts';
export type { NumberArray } from './buffers/gather-rows.ts';
export { goalParts, type GoalParts, type GoalRules } from './environments/goal-rules.ts';
export {
  HindsightReplayBuffer,
  type HindsightOptions,
  type HindsightReplayBufferOptions,
} from './buffers/hindsight-replay-buffer.ts';
export { holm } from './statistics/holm.ts';
export { fillNormal } from './random/fill-normal.ts';
export { NumpyRandom } from './random/numpy-random.ts';
export { featureCount, observationFeatures } from './spaces/observation-features.ts';
export { periodicEvaluation, type PeriodicEvaluationOptions } from './training/periodic-evaluation.ts';
export {
  PrioritizedReplayBuffer,
  type PrioritizedReplayBatch,
  type PrioritizedReplayBufferOptions,
  type PrioritizedSampleOptions,
} from './buffers/prioritized-replay-buffer.ts';
export { stateInputs, stepInputs, type StateInputs, type StepInputs } from './policies/policy-inputs.ts';
export { actGraph } from './policies/act-graph.ts';
export { ProgramPolicy, clipToBounds, type ActProgram, type ProgramPolicyOptions } from './policies/program-policy.ts';
export { ProgressRecorder, type Episode, type Metrics, type Progress } from './training/progress.ts';
export { Random, type RandomSource } from './random/random.ts';
export { randomAction, randomActions } from './environments/random-actions.ts';
export { checkRenderContext, type RenderContext, type RenderFormat } from './environments/render-context.ts';
export { rankSumTest, smallestPValue } from './statistics/rank-sum-test.ts';
export { approximateKl } from './policies/relative-entropy.ts';
export {
  ReplayBuffer,
  type ReplayBatch,
  type ReplayBufferOptions,
  type ReplayedEnv,
  type SampleOptions,
} from './buffers/replay-buffer.ts';
export type { ReplaySampling } from './buffers/replay-sampling.ts';
export {
  discountedReturn,
  discountedReturns,
  generalizedAdvantageEstimation,
  lambdaReturns,
  nStepReturns,
  rewardToGo,
  type BootstrappedTransitions,
  type FloatArray,
  type ValuedTransitions,
} from './buffers/returns.ts';
export { RolloutBuffer, type RolloutBatch } from './buffers/rollout-buffer.ts';
export { RolloutCollector, type RolloutCollectorOptions } from './policies/rollout-collector.ts';
export { rolloutChecks, rolloutDefaults, type RolloutOptions } from './policies/rollout-options.ts';
export type { RecurrentActorCritic, UnrollOptions } from './policies/rollout-programs.ts';
export { innerStatistics } from './environments/env-statistics.ts';
export { RewardNormalizer } from './policies/reward-normalizer.ts';
export { RunningNormalizer } from './statistics/running-normalizer.ts';
export {
  exponential,
  linear,
  piecewise,
  scheduleOf,
  scheduleValue,
  type ExponentialSchedule,
  type LinearSchedule,
  type PiecewiseSchedule,
  type Schedule,
} from './training/schedules.ts';
export { SamplingKeys } from './random/sampling-keys.ts';
export { savedValues } from './checkpoints/saved-values.ts';
export { solveLinearSystem } from './statistics/solve-linear-system.ts';
export { consecutiveSeeds, copySeeds, programKeys, spawnSeed, streams } from './random/seed-sequence.ts';
export { checkGamma, checkLength, checkPolicy, checkTable } from './exact/check-tables.ts';
export {
  finiteHorizonDistributions,
  finiteHorizonValues,
  readHorizon,
  type FiniteHorizonOptions,
  type FiniteHorizonValues,
  type HorizonPolicy,
} from './exact/finite-horizon.ts';
export { terminalStates } from './exact/terminal-states.ts';
export {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  createActions,
  elementChoices,
  isNumeric,
  numbersOf,
  readRow,
  spaceBounds,
  spaceFromJson,
  spaceLeaves,
  writeRow,
  type ActionArray,
  type BoxDtype,
  type BoxOptions,
  type DictPart,
  type ElementChoices,
  type LeafSpace,
  type NamedValues,
  type NamedViews,
  type Observation,
  type PartView,
  type Parts,
  type Space,
  type SpaceJson,
  type SpaceJsonValue,
  type SpaceLeaf,
  type SpaceValue,
} from './spaces/spaces.ts';
export { stateDependentGaussian } from './policies/state-dependent-gaussian.ts';
export {
  readNumber,
  readState,
  readStates,
  readString,
  restoreArray,
  type StateDict,
  type StateValue,
  type Stateful,
  type TypedArray,
} from './checkpoints/state.ts';
export {
  interquartileMean,
  meanScore,
  medianScore,
  normalizeScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  type Scores,
} from './statistics/statistics.ts';
export { SumTree } from './buffers/sum-tree.ts';
export { train, type Callback, type TrainOptions, type Training, type TrainingSummary } from './training/train.ts';
export { TrainingEnv, openCheckpoint, plainState, type Resumption } from './training/training-env.ts';
export { TransitionTable, type Outcome, type TransitionTableParts } from './environments/transition-table.ts';
export { vectorEnvFromDynamics } from './environments/vector-env-from-dynamics.ts';
export { variantCheck } from './options/variant-check.ts';
export type { EnvThreads, StepOutcome, VectorEnv, VectorResetOptions } from './environments/vector-env.ts';
export { asVectorEnv, vectorize } from './environments/vectorize.ts';

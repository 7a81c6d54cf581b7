export { actionValues, backUp, maximumValues } from './action-values.ts';
export { createActorCritic, type ActorCritic, type ActorCriticOptions } from './actor-critic-networks.ts';
export type { ActOptions, Agent, CheckpointOptions, DeviceOption, LearnOptions, Policy } from './agent.ts';
export { learnSteps, splitDevice } from './agent-options.ts';
export {
  aFunction,
  aPolicy,
  aRandomSource,
  aSpace,
  aTransitionTable,
  anEnv,
  anObject,
  havingMethods,
  numberList,
  objectOf,
  text,
} from './argument-checks.ts';
export {
  bootstrapInterval,
  probabilityOfImprovementInterval,
  type BootstrapOptions,
  type Interval,
} from './bootstrap-interval.ts';
export { checkActing, checkActingTogether } from './check-acting.ts';
export { checkActionMasks, leavesAction } from './check-action-masks.ts';
export {
  checkArguments,
  checkOptions,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
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
export { checkFiniteRows, checkReward, checkRewards, checkStep } from './check-float32.ts';
export { checkActions, checkValue } from './check-values.ts';
export { resetEnv, stepCopies, stepEnv } from './checked-step.ts';
export { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
export {
  categorical,
  gaussian,
  multiCategorical,
  policyDistribution,
  policyOutputs,
  squashedGaussian,
  type Distribution,
  type SquashedGaussian,
  type SquashedSample,
} from './distributions.ts';
export { UpdateMetrics, checkParameters, checkUpdate } from './divergence.ts';
export { actionCounts, actionMaskSize, type Dynamics, type DynamicsOutcome, type DynamicsState } from './dynamics.ts';
export { dynamicsFromTable, type TableDynamicsOptions } from './dynamics-from-table.ts';
export { envFromDynamics } from './env-from-dynamics.ts';
export { originalReward, withReward } from './env.ts';
export type { Env, Info, ResetOptions, ResetResult, StepResult } from './env.ts';
export { stopOnNoImprovement, stopOnReturn, type StopOnNoImprovementOptions } from './early-stopping.ts';
export { CheckpointError, DivergenceError, EnvError, LogError } from './errors.ts';
export { endlessEpisode, episodeLimit, evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export type { NumberArray } from './gather-rows.ts';
export { holm } from './holm.ts';
export { NumpyRandom } from './numpy-random.ts';
export { featureCount, observationFeatures } from './observation-features.ts';
export { periodicEvaluation, type PeriodicEvaluationOptions } from './periodic-evaluation.ts';
export {
  PrioritizedReplayBuffer,
  type PrioritizedReplayBatch,
  type PrioritizedReplayBufferOptions,
} from './prioritized-replay-buffer.ts';
export { ProgramPolicy, clipToBounds, type ActProgram, type ProgramPolicyOptions } from './program-policy.ts';
export { ProgressRecorder, type Episode, type Metrics, type Progress } from './progress.ts';
export { Random, type RandomSource } from './random.ts';
export type { RenderContext, RenderFormat } from './render-context.ts';
export { rankSumTest, smallestPValue } from './rank-sum-test.ts';
export { approximateKl } from './relative-entropy.ts';
export { ReplayBuffer, type ReplayBatch, type ReplayBufferOptions, type ReplayedEnv } from './replay-buffer.ts';
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
} from './returns.ts';
export { RolloutBuffer, type RolloutBatch } from './rollout-buffer.ts';
export { RolloutCollector, type RolloutCollectorOptions } from './rollout-collector.ts';
export type { RecurrentActorCritic, UnrollOptions } from './rollout-programs.ts';
export { RewardNormalizer, RunningNormalizer } from './running-normalizer.ts';
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
} from './schedules.ts';
export { solveLinearSystem } from './solve-linear-system.ts';
export { consecutiveSeeds, copySeeds, programKeys, spawnSeed, streams } from './seed-sequence.ts';
export { checkGamma, checkLength, checkPolicy, checkTable } from './check-tables.ts';
export {
  finiteHorizonDistributions,
  finiteHorizonValues,
  readHorizon,
  type FiniteHorizonOptions,
  type FiniteHorizonValues,
  type HorizonPolicy,
} from './finite-horizon.ts';
export { terminalStates } from './terminal-states.ts';
export {
  Box,
  Discrete,
  MultiDiscrete,
  createActions,
  readRow,
  writeRow,
  type ActionArray,
  type BoxOptions,
  type Space,
  type SpaceValue,
} from './spaces.ts';
export { stateDependentGaussian } from './state-dependent-gaussian.ts';
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
} from './state.ts';
export {
  interquartileMean,
  meanScore,
  medianScore,
  normalizeScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  type Scores,
} from './statistics.ts';
export { SumTree } from './sum-tree.ts';
export { train, type Callback, type TrainOptions, type Training, type TrainingSummary } from './train.ts';
export { TrainingEnv, openCheckpoint, plainState, snapshotEnv } from './training-env.ts';
export { TransitionTable, type Outcome, type TransitionTableParts } from './transition-table.ts';
export { vectorEnvFromDynamics } from './vector-env-from-dynamics.ts';
export type { StepOutcome, VectorEnv, VectorResetOptions } from './vector-env.ts';
export { asVectorEnv, vectorize } from './vectorize.ts';

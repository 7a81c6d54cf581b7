export {
  actionValues,
  finiteHorizonDistributions,
  finiteHorizonValues,
  terminalStates,
  type FiniteHorizonOptions,
  type FiniteHorizonValues,
  type HorizonPolicy,
} from '@gradus/core';
export { backwardInduction, type BackwardInductionResult } from './exact/backward-induction.ts';
export { c51Defaults } from './deep/c51.ts';
export type { CategoricalDistribution, Distribution, QuantileDistribution } from './deep/distribution.ts';
export { Dqn } from './deep/dqn.ts';
export { dqnDefaults, type DqnOptions } from './deep/dqn-options.ts';
export { c51Settings, dqnSettings, qrDqnSettings, rainbowSettings, type DqnSettings } from './deep/dqn-settings.ts';
export type { Convolution } from '@gradus/core';
export type { QNetworkDescription, QNetworkLayers } from './deep/own-network.ts';
export { qrDqnDefaults } from './deep/qr-dqn.ts';
export { rainbowDefaults } from './deep/rainbow.ts';
export { Pqn, pqnDefaults, type PqnOptions } from './deep/pqn.ts';
export { pqnSettings, type PqnSettings } from './deep/pqn-settings.ts';
export { evaluatePolicy, evaluatePolicyIteratively } from './exact/policy-evaluation.ts';
export { policyIteration, type PolicyIterationResult } from './exact/policy-iteration.ts';
export { averageReward, averageValue, startValue } from './exact/policy-objectives.ts';
export {
  discountedStateDistribution,
  stateDistribution,
  stationaryStateDistribution,
} from './exact/state-distributions.ts';
export type { IterationOptions, IterationResult } from './exact/successive-approximation.ts';
export { greedyPolicy, uniformPolicy } from './exact/tabular-policy.ts';
export { valueIteration, type ValueIterationResult } from './exact/value-iteration.ts';
export { bairdCounterexample, type BairdCounterexample } from './linear/baird-counterexample.ts';
export { createFeatures, type FeatureOptions } from './linear/create-features.ts';
export {
  expectedTd,
  expectedTdUpdate,
  expectedTdcUpdate,
  leastSquaresWeights,
  rootValueError,
  tdFixedPoint,
  type ExpectedTd,
} from './linear/expected-td.ts';
export type { FeatureTableOptions } from './linear/feature-table.ts';
export { createFeatureVector, linearStateValues, type FeatureVector, type Features } from './linear/features.ts';
export type { FourierBasisOptions } from './linear/fourier-basis.ts';
export type { LinearActionValues } from './linear/linear-action-values.ts';
export type { LinearAgentOptions } from './linear/linear-learner.ts';
export { LinearQLearning, linearQLearningDefaults, type LinearQLearningOptions } from './linear/linear-q-learning.ts';
export { LinearSarsa, linearSarsaDefaults, type LinearSarsaOptions } from './linear/linear-sarsa.ts';
export { LinearTd, type LinearTdOptions } from './linear/linear-td.ts';
export { LinearTdLambda, type LinearTdLambdaOptions } from './linear/linear-td-lambda.ts';
export { Lstd } from './linear/lstd.ts';
export type { RangeOptions } from './linear/observation-range.ts';
export type { OneHotOptions } from './linear/one-hot.ts';
export type { PolynomialBasisOptions } from './linear/polynomial-basis.ts';
export {
  predictValues,
  type PredictValuesOptions,
  type PredictionStep,
  type ValuePredictor,
} from './linear/predict-values.ts';
export { Tdc, type TdcOptions } from './linear/tdc.ts';
export type { TileCodingOptions } from './linear/tile-coding.ts';
export { DoubleQLearning } from './tabular/double-q-learning.ts';
export type { TraceKind } from './tabular/eligibility-traces.ts';
export { ExpectedSarsa } from './tabular/expected-sarsa.ts';
export {
  boltzmann,
  epsilonGreedy,
  upperConfidence,
  type Boltzmann,
  type EpsilonGreedy,
  type Exploration,
  type UpperConfidence,
} from './tabular/exploration.ts';
export { backwardView, forwardView, type LambdaViewOptions, type RecordedEpisode } from './tabular/lambda-views.ts';
export { MonteCarloControl, monteCarloDefaults } from './tabular/monte-carlo-control.ts';
export { monteCarloPrediction, type MonteCarloPredictionOptions } from './tabular/monte-carlo-prediction.ts';
export { nStepDefaults, type NStepOptions } from './tabular/n-step-agent.ts';
export { NStepQLearning } from './tabular/n-step-q-learning.ts';
export { NStepSarsa } from './tabular/n-step-sarsa.ts';
export type { PredictionOptions } from './tabular/predict.ts';
export { QLambda, qLambdaDefaults, type QLambdaOptions } from './tabular/q-lambda.ts';
export { QLearning } from './tabular/q-learning.ts';
export { SarsaLambda, sarsaLambdaDefaults, type SarsaLambdaOptions } from './tabular/sarsa-lambda.ts';
export { Sarsa } from './tabular/sarsa.ts';
export { visitStepSize, type StepSize, type VisitStepSize } from './tabular/step-size.ts';
export type { TabularActionValues } from './tabular/tabular-action-values.ts';
export type { TabularAgent, TabularAgentClass } from './tabular/tabular-agent.ts';
export { tabularDefaults, type TabularOptions } from './tabular/tabular-learner.ts';
export { tdLambda, type TdLambdaOptions } from './tabular/td-lambda.ts';
export {
  temporalDifferencePrediction,
  type TemporalDifferencePredictionOptions,
} from './tabular/temporal-difference-prediction.ts';
export type { DiceGame } from './td-gammon/dice-game.ts';
export { TdGammon, tdGammonDefaults, type ChooseOptions, type TdGammonOptions } from './td-gammon/td-gammon.ts';
export type { Turn } from './td-gammon/lookahead.ts';
export { Drrn } from './text/drrn.ts';
export { drrnDefaults, type DrrnOptions, type TextExploration } from './text/drrn-options.ts';
export { drrnSettings, tdqnSettings, type DrrnSettings } from './text/drrn-settings.ts';
export { Tdqn, tdqnDefaults, type TdqnOptions } from './text/tdqn.ts';
export type { TextEncoding } from './text/text-encoders.ts';

export {
  estimateGradient,
  gradientEstimates,
  type Baseline,
  type GradientOptions,
} from './estimators/gradient-estimates.ts';
export { sampleTrajectory } from './estimators/sample-trajectory.ts';
export type { Credit } from './estimators/step-credits.ts';
export type { Trajectory } from './estimators/trajectory.ts';
export {
  exactPolicyGradient,
  type ExactPolicyGradient,
  type ExactPolicyGradientOptions,
} from './exact/exact-policy-gradient.ts';
export { finiteHorizonPolicyGradient, type FiniteHorizonGradient } from './exact/finite-horizon-gradient.ts';
export { GradientBandit, gradientBanditDefaults, type GradientBanditOptions } from './gradient-bandit.ts';
export {
  NaturalPolicyGradient,
  naturalPolicyGradientDefaults,
  type NaturalPolicyGradientOptions,
} from './natural-policy-gradient.ts';
export { ClampPolicy } from './policies/clamp-policy.ts';
export { LinearGaussian, type LinearGaussianOptions } from './policies/linear-gaussian.ts';
export { LinearSoftmax, type LinearSoftmaxOptions } from './policies/linear-softmax.ts';
export type { DiscretePolicy, ScoredPolicy } from './policies/scored-policy.ts';
export { TabularSoftmax, type TabularSoftmaxOptions } from './policies/tabular-softmax.ts';
export { Ppo, ppoDefaults, type PpoOptions } from './ppo.ts';
export { ppoSettings, type PpoSettings } from './ppo-settings.ts';
export type { RecurrentCell } from './recurrent-networks.ts';
export { RecurrentPpo, recurrentPpoDefaults, type RecurrentPpoOptions } from './recurrent-ppo.ts';
export { recurrentPpoSettings, type RecurrentPpoSettings } from './recurrent-ppo-settings.ts';
export { Trpo, trpoDefaults, type TrpoOptions } from './trpo.ts';
export { trpoSettings, type TrpoSettings } from './trpo-settings.ts';
export { Reinforce } from './reinforce.ts';
export { reinforceDefaults, type ReinforceOptions } from './reinforce-options.ts';

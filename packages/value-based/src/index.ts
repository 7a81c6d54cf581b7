export { Dqn, dqnDefaults, type DqnOptions } from './deep/dqn.ts';
export { dqnSettings, type DqnSettings } from './deep/dqn-settings.ts';
export { actionValues } from './exact/action-values.ts';
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
export { terminalStates } from './exact/terminal-states.ts';
export { valueIteration, type ValueIterationResult } from './exact/value-iteration.ts';

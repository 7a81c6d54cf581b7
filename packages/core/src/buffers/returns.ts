import { checkArguments, fraction, positiveInteger, valueText, type OptionCheck } from '@gradus/tensor';
import { anObject, floatArray, numberList, objectOf } from '../options/argument-checks.ts';

/** Rewards of n environments, how their episodes ended and what each step led to: [steps × n], the n of one step side by side. */
export interface BootstrappedTransitions {
  /** n, the environments side by side. */
  readonly numEnvs: number;
  readonly rewards: ArrayLike<number>;
  /** v(s′): of the final observation where the episode was truncated; unused where it terminated. */
  readonly nextValues: ArrayLike<number>;
  /** 1 where the task ended: what follows is worth nothing. */
  readonly terminated: ArrayLike<number>;
  /** 1 where the episode was cut off: what would have followed is worth `nextValues`. */
  readonly truncated: ArrayLike<number>;
}

/** The same, with the value of where each step began. */
export interface ValuedTransitions extends BootstrappedTransitions {
  /** v(s), [steps × n]. */
  readonly values: ArrayLike<number>;
}

/** Where results are written: [steps × n]. */
export type FloatArray = Float32Array | Float64Array;

/** Steps of an n-step return; `Infinity`: as many as there are. */
const stepCount: OptionCheck = {
  expected: 'a positive integer or Infinity',
  accepts: (value) => value === Infinity || positiveInteger.accepts(value),
};

/** The arrays of transitions, without those of values. */
const arrays = ['rewards', 'nextValues', 'terminated', 'truncated'] as const;

/** Throws `RangeError`, beginning with `subject`, unless all arrays have one length, a multiple of `numEnvs`. */
function checkTransitions(
  subject: string,
  transitions: BootstrappedTransitions & Partial<ValuedTransitions>,
  names: readonly (keyof ValuedTransitions)[],
  target: FloatArray,
): void {
  const { numEnvs, rewards } = transitions;
  checkArguments(subject, { numEnvs, target }, { numEnvs: positiveInteger, target: floatArray });
  if (rewards.length % numEnvs !== 0) {
    throw new RangeError(`${subject}: expected rewards of whole steps of ${numEnvs} copies, got ${rewards.length}`);
  }
  for (const name of names) checkLength(subject, name, transitions[name] as ArrayLike<number>, rewards.length);
  checkLength(subject, 'target', target, rewards.length);
}

function checkLength(subject: string, name: string, array: ArrayLike<number> | undefined, length: number): void {
  if (array?.length === length && numberList.accepts(array)) return;
  const got = numberList.accepts(array) ? String(array?.length) : valueText(array);
  throw new RangeError(`${subject}: expected ${name} to be as long as rewards, ${length}, got ${got}`);
}

/** Throws `RangeError` unless both are objects, and the rewards a list. */
function checkObjects(subject: string, transitions: BootstrappedTransitions, options: object): void {
  checkArguments(subject, { transitions, options }, { transitions: someTransitions, options: anObject });
}

const someTransitions = objectOf('an object with rewards, nextValues, terminated and truncated', {
  rewards: numberList,
});

/** Memory for results, one for each reward. */
function arrayForReturns(subject: string, transitions: BootstrappedTransitions): Float32Array {
  checkArguments(subject, { transitions }, { transitions: someTransitions });
  return new Float32Array(transitions.rewards.length);
}

function arrayAsLongAs(subject: string, rewards: ArrayLike<number>): Float32Array {
  checkArguments(subject, { rewards }, { rewards: numberList });
  return new Float32Array(rewards.length);
}

/** The discounted return of one whole episode, R(τ) = Σₖ γᵏ rₖ (S5.2). Throws `RangeError` for γ outside [0, 1]. */
export function discountedReturn(rewards: ArrayLike<number>, gamma: number): number {
  checkArguments('discountedReturn', { rewards, gamma }, { rewards: numberList, gamma: fraction });
  let sum = 0;
  for (let t = rewards.length - 1; t >= 0; t--) sum = rewards[t] + gamma * sum;
  return sum;
}

/**
 * The discounted reward to go of one whole episode, Gₜ = Σₖ γᵏ rₜ₊ₖ, nothing following its end (S5.3). The objective that
 * discounts from the start weights step t by γᵗ Gₜ. Throws `RangeError` for γ outside [0, 1] and a `target` of another length.
 */
export function rewardToGo(
  rewards: ArrayLike<number>,
  gamma: number,
  target: FloatArray = arrayAsLongAs('rewardToGo', rewards),
): FloatArray {
  checkArguments(
    'rewardToGo',
    { rewards, gamma, target },
    { rewards: numberList, gamma: fraction, target: floatArray },
  );
  checkLength('rewardToGo', 'target', target, rewards.length);
  let sum = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    sum = rewards[t] + gamma * sum;
    target[t] = sum;
  }
  return target;
}

/**
 * Discounted returns of rollouts, Gₜ = rₜ + γ Gₜ₊₁ within an episode; where it terminated G = r, where it was truncated and at
 * the last step G = r + γ v(s′). Throws as {@link lambdaReturns} does.
 */
export function discountedReturns(
  transitions: BootstrappedTransitions,
  gamma: number,
  target?: FloatArray,
): FloatArray {
  checkArguments('discountedReturns', { gamma }, { gamma: fraction });
  return lambdaReturns(transitions, { gamma, lambda: 1 }, target);
}

/**
 * n-step returns, Gₜ = rₜ + γ rₜ₊₁ + … + γⁿ⁻¹ rₜ₊ₙ₋₁ + γⁿ v(sₜ₊ₙ) (Sutton and Barto, 2018, §7.1; S2.4). Where the episode or
 * the rollout ends earlier, so does the sum: with v(s′) of that step, or with nothing if it terminated. Throws `RangeError` for γ outside
 * [0, 1], n that is no positive integer (or `Infinity`), and arrays that do not fit each other or `numEnvs`.
 */
export function nStepReturns(
  transitions: BootstrappedTransitions,
  options: { readonly gamma: number; readonly n: number },
  target: FloatArray = arrayForReturns('nStepReturns', transitions),
): FloatArray {
  checkObjects('nStepReturns', transitions, options);
  const { numEnvs, rewards, nextValues, terminated, truncated } = transitions;
  const { gamma, n } = options;
  checkArguments('nStepReturns', options, { gamma: fraction, n: stepCount });
  checkTransitions('nStepReturns', transitions, arrays, target);
  for (let start = 0; start < rewards.length; start++) {
    let sum = 0;
    let discount = 1;
    const last = start + (n - 1) * numEnvs;
    for (let k = start; ; k += numEnvs) {
      sum += discount * rewards[k];
      discount *= gamma;
      if (terminated[k]) break;
      if (truncated[k] || k >= last || k + numEnvs >= rewards.length) {
        sum += discount * nextValues[k];
        break;
      }
    }
    target[start] = sum;
  }
  return target;
}

/**
 * λ-returns, Gₜ = rₜ + γ [(1 − λ) v(sₜ₊₁) + λ Gₜ₊₁] within an episode (Sutton and Barto, 2018, §12.1; S2.5); where it
 * terminated G = r, where it was truncated and at the last step G = r + γ v(s′). Throws `RangeError` for γ and λ outside [0, 1], and arrays
 * that do not fit each other or `numEnvs`.
 */
export function lambdaReturns(
  transitions: BootstrappedTransitions,
  options: { readonly gamma: number; readonly lambda: number },
  target: FloatArray = arrayForReturns('lambdaReturns', transitions),
): FloatArray {
  checkObjects('lambdaReturns', transitions, options);
  const { numEnvs, rewards, nextValues, terminated, truncated } = transitions;
  const { gamma, lambda } = options;
  checkArguments('lambdaReturns', options, { gamma: fraction, lambda: fraction });
  checkTransitions('lambdaReturns', transitions, arrays, target);
  const lastRow = rewards.length - numEnvs;
  for (let i = 0; i < numEnvs; i++) {
    let following = 0;
    for (let k = lastRow + i; k >= 0; k -= numEnvs) {
      if (terminated[k]) following = rewards[k];
      else if (truncated[k] || k >= lastRow) following = rewards[k] + gamma * nextValues[k];
      else following = rewards[k] + gamma * ((1 - lambda) * nextValues[k] + lambda * following);
      target[k] = following;
    }
  }
  return target;
}

/**
 * Generalized advantage estimation, Aₜ = δₜ + γ λ Aₜ₊₁ within an episode, with δₜ = rₜ + γ v(s′) − v(s), and δₜ = rₜ − v(s) where
 * the task terminated (Schulman et al., 2016). A plus v is the λ-return. `lambda` 0 gives the one-step advantage, 1 the
 * discounted return minus v. Throws as {@link lambdaReturns} does.
 */
export function generalizedAdvantageEstimation(
  transitions: ValuedTransitions,
  options: { readonly gamma: number; readonly lambda: number },
  target: FloatArray = arrayForReturns('generalizedAdvantageEstimation', transitions),
): FloatArray {
  checkObjects('generalizedAdvantageEstimation', transitions, options);
  const { numEnvs, rewards, values, nextValues, terminated, truncated } = transitions;
  const { gamma, lambda } = options;
  checkArguments('generalizedAdvantageEstimation', options, { gamma: fraction, lambda: fraction });
  checkTransitions('generalizedAdvantageEstimation', transitions, [...arrays, 'values'], target);
  const lastRow = rewards.length - numEnvs;
  for (let i = 0; i < numEnvs; i++) {
    let following = 0;
    for (let k = lastRow + i; k >= 0; k -= numEnvs) {
      if (terminated[k]) following = rewards[k] - values[k];
      else {
        const delta = rewards[k] + gamma * nextValues[k] - values[k];
        following = truncated[k] ? delta : delta + gamma * lambda * following;
      }
      target[k] = following;
    }
  }
  return target;
}

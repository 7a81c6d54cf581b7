import {
  add,
  argmax,
  asTensor,
  broadcastTo,
  checkArguments,
  clip,
  concat,
  constant,
  div,
  exp,
  expandDims,
  gather,
  log1p,
  logSoftmax,
  maximum,
  mul,
  neg,
  randomCategorical,
  randomNormal,
  slice,
  softplus,
  square,
  squeeze,
  sub,
  sum,
  tanh,
  where,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aSpace } from '../options/argument-checks.ts';
import { approximateKl, relativeEntropyTerms } from './relative-entropy.ts';
import type { LeafSpace, Space } from '../spaces/spaces.ts';

/** π(·|s) for a batch of states, inside a program. Actions are [batch] or [batch × size]; probabilities [batch]. */
export interface Distribution {
  /** Draws actions. `key`: two int32, new for each run (see `randomUniform` of `@gradus/tensor`). */
  sample(key: TensorLike): Tensor;
  /** The most probable actions. */
  mode(): Tensor;
  /** log π(a|s); a density for continuous actions. */
  logProbability(action: TensorLike): Tensor;
  /** −E[log π(a|s)]. */
  entropy(): Tensor;
  /** What the distributions are made of, for {@link divergenceFrom}: log probabilities, or means and log standard deviations. */
  readonly statistics: readonly Tensor[];
  /** KL(ρ ‖ π) = E_ρ[log ρ(a|s) − log π(a|s)] ≥ 0, where ρ is of the same kind and has these `statistics`. */
  divergenceFrom(statistics: readonly Tensor[]): Tensor;
}

/** Softmax over the last axis: logits [batch, k], −∞ for what is impossible, actions int32 [batch] in 0 … k − 1 (S5.1). */
export function categorical(logits: TensorLike): Distribution {
  const logProbabilities = logSoftmax(logits);
  return {
    sample: (key) => randomCategorical(key, logProbabilities),
    mode: () => argmax(logProbabilities),
    logProbability: (action) => gather(logProbabilities, action),
    // 0 log 0 = 0: the bound only keeps the logarithm finite.
    entropy: () => neg(sum(mul(exp(logProbabilities), maximum(logProbabilities, -1e30)), { axis: -1 })),
    statistics: [logProbabilities],
    divergenceFrom: ([from]) => sum(relativeEntropyTerms(from, logProbabilities), { axis: -1 }),
  };
}

/** Independent categorical elements: logits [batch, Σ counts], actions int32 [batch, counts.length]. */
export function multiCategorical(logits: TensorLike, counts: readonly number[]): Distribution {
  const all = asTensor(logits);
  const [batch] = all.shape;
  let start = 0;
  const parts = counts.map((count) => {
    const part = categorical(slice(all, [0, start], [batch, count]));
    start += count;
    return part;
  });
  const total = (values: readonly Tensor[]): Tensor => values.reduce((result, value) => add(result, value));
  const join = (actions: readonly Tensor[]): Tensor => concat(actions.map((action) => expandDims(action, 1)));
  const element = (action: TensorLike, i: number): Tensor => squeeze(slice(asTensor(action), [0, i], [batch, 1]), 1);
  return {
    // Each part draws from a stream of its own, so that one key serves all.
    sample: (key) => join(parts.map((part) => part.sample(key))),
    mode: () => join(parts.map((part) => part.mode())),
    logProbability: (action) => total(parts.map((part, i) => part.logProbability(element(action, i)))),
    entropy: () => total(parts.map((part) => part.entropy())),
    statistics: parts.flatMap((part) => part.statistics),
    // Each part has one: its log probabilities.
    divergenceFrom: (statistics) => total(parts.map((part, i) => part.divergenceFrom([statistics[i]]))),
  };
}

/** Independent bits: logits l [batch, n] of p(1) = 1 / (1 + e⁻ˡ), actions int32 [batch, n] of 0 and 1. */
export function bernoulli(logits: TensorLike): Distribution {
  const all = asTensor(logits);
  // A bit is a choice between 0, whose logit is 0, and 1.
  const bits = (values: Tensor): Distribution => {
    const ones = expandDims(values, 2);
    return categorical(concat([mul(ones, 0), ones]));
  };
  const each = bits(all);
  const total = (values: Tensor): Tensor => sum(values, { axis: -1 });
  return {
    sample: (key) => each.sample(key),
    mode: () => each.mode(),
    logProbability: (action) => total(each.logProbability(action)),
    entropy: () => total(each.entropy()),
    statistics: [all],
    divergenceFrom: ([from]) => total(each.divergenceFrom(bits(from).statistics)),
  };
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Independent normal elements: mean [batch, size], log standard deviation of the same shape or [size] (S5.1). */
export function gaussian(mean: TensorLike, logStd: TensorLike): Distribution {
  const center = asTensor(mean);
  const logDeviation = broadcastTo(logStd, center.shape);
  return {
    sample: (key) => add(center, mul(exp(logDeviation), randomNormal(key, center.shape))),
    mode: () => center,
    logProbability: (action) => {
      const z = div(sub(action, center), exp(logDeviation));
      return sum(sub(mul(-0.5, square(z)), add(logDeviation, halfLogTwoPi)), { axis: -1 });
    },
    entropy: () => sum(add(logDeviation, 0.5 + halfLogTwoPi), { axis: -1 }),
    statistics: [center, logDeviation],
    // Σ log σ_π − log σ_ρ + ½ (σ_ρ² + (μ_ρ − μ_π)²) / σ_π² − ½, the first and the last with σ_ρ² / σ_π² in one that is never negative
    divergenceFrom: ([mean, logStd]) => {
      const logRatio = sub(logStd, logDeviation);
      const z = div(sub(mean, center), exp(logDeviation));
      return sum(mul(0.5, add(approximateKl(mul(2, logRatio)), square(z))), { axis: -1 });
    },
  };
}

/** Draws of a {@link SquashedGaussian} with their log densities. */
export interface SquashedSample {
  /** In (−1, 1), [batch, size]. */
  readonly action: Tensor;
  /** [batch] */
  readonly logProbability: Tensor;
}

/** tanh of a Gaussian, for actions between −1 and 1 (Haarnoja et al., 2018). It has no closed-form entropy. */
export interface SquashedGaussian {
  /** A reparameterized draw, a = tanh(μ + σ ε): gradients flow into μ and σ. */
  sample(key: TensorLike): SquashedSample;
  /** tanh μ */
  mode(): Tensor;
  /** log density of actions in (−1, 1); those nearer than 10⁻⁶ to the ends are taken as that near. */
  logProbability(action: TensorLike): Tensor;
}

/** See {@link SquashedGaussian}; mean [batch, size], log standard deviation of the same shape or [size]. */
export function squashedGaussian(mean: TensorLike, logStd: TensorLike): SquashedGaussian {
  const normal = gaussian(mean, logStd);
  // log(1 − tanh² u) = 2 (log 2 − u − softplus(−2u)), which neither overflows nor cancels.
  const density = (raw: Tensor): Tensor => {
    const logSlope = mul(2, sub(Math.LN2, add(raw, softplus(mul(-2, raw)))));
    return sub(normal.logProbability(raw), sum(logSlope, { axis: -1 }));
  };
  return {
    sample: (key) => {
      const raw = normal.sample(key);
      return { action: tanh(raw), logProbability: density(raw) };
    },
    mode: () => tanh(normal.mode()),
    logProbability: (action) => {
      const inside = clip(action, -1 + 1e-6, 1 - 1e-6);
      return density(mul(0.5, sub(log1p(inside), log1p(neg(inside)))));
    },
  };
}

/**
 * Numbers that a network puts out for a policy over `space`: a logit for each choice and each bit, a mean for each real number.
 * Throws `RangeError` for a `Dict`, and for a `Box` of whole numbers, which is a `MultiDiscrete` with a start.
 */
export function policyOutputs(space: Space): number {
  checkArguments('policyOutputs', { space }, { space: aSpace });
  const actions = policySpace(space);
  if (actions.kind === 'discrete') return actions.n;
  return actions.kind === 'multi-discrete' ? actions.counts.reduce((total, count) => total + count, 0) : actions.size;
}

function policySpace(space: Space): LeafSpace {
  if (space.kind !== 'dict' && !(space.kind === 'box' && space.dtype !== 'float32')) return space;
  const expected = 'Discrete, MultiDiscrete or MultiBinary actions, or those of a float32 Box';
  throw new RangeError(`actionSpace: expected ${expected}, got ${space.toString()}`);
}

/** The logit of an illegal action: its probability is 0 in float32, and its entropy 0 where −∞ would give NaN. */
const ILLEGAL = -1e8;

/**
 * The policy over `space` that a network's outputs [batch, policyOutputs(space)] stand for. Its actions are members of the space, but
 * for those of a `Box`, which may lie outside its bounds: clip them before they reach the environment.
 * @param logStd [size], for a `Box`
 * @param actionMasks bool [batch, policyOutputs(space)], for `Discrete` and `MultiDiscrete`: actions that are false have probability 0 (Huang and Ontañón,
 *   2022). Default: all are legal.
 */
export function policyDistribution(
  space: Space,
  outputs: TensorLike,
  logStd: TensorLike,
  actionMasks?: TensorLike,
): Distribution {
  const actions = policySpace(space);
  const logits = actionMasks === undefined ? outputs : where(actionMasks, outputs, ILLEGAL);
  switch (actions.kind) {
    case 'box':
      return gaussian(outputs, logStd);
    case 'multi-binary':
      return bernoulli(outputs);
    case 'discrete':
      return shifted(categorical(logits), actions.start);
    case 'multi-discrete': {
      const { counts, start, size } = actions;
      const choices = multiCategorical(logits, counts);
      return start.every((first) => first === 0) ? choices : shifted(choices, constant([size], start, 'int32'));
    }
  }
}

/** `choices`, which begin at 0, counted from `start`. */
function shifted(choices: Distribution, start: TensorLike): Distribution {
  return {
    ...choices,
    sample: (key) => add(choices.sample(key), start),
    mode: () => add(choices.mode(), start),
    logProbability: (action) => choices.logProbability(sub(action, start)),
  };
}

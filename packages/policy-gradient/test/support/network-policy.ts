import type { ScoredPolicy } from '@gradus/policy-gradient';

/** A network with tanh layers as `createActorCritic` makes it, whose actions are a softmax or, with `logStd`, one normal number. */
export interface NetworkShape {
  /** Sizes from the observation to the outputs. */
  readonly sizes: readonly number[];
  readonly isContinuous: boolean;
}

/** The outputs in float64 of a network whose `parameters` are [inputs × outputs] weights and biases, layer by layer. */
export function forward(
  sizes: readonly number[],
  parameters: ArrayLike<number>,
  observation: readonly number[],
): number[] {
  let start = 0;
  let values = observation;
  for (let layer = 1; layer < sizes.length; layer++) {
    const [input, output] = [sizes[layer - 1], sizes[layer]];
    const bias = start + input * output;
    const next = Array.from({ length: output }, (_, o) =>
      values.reduce((sum, x, i) => sum + x * parameters[start + i * output + o], parameters[bias + o]),
    );
    values = layer < sizes.length - 1 ? next.map(Math.tanh) : next;
    start = bias + output;
  }
  return [...values];
}

/**
 * The policy of a network, written from its formulas in float64; its scores are central differences of log π, right up to h² = 10⁻¹⁰ and
 * rounding / h = 10⁻¹¹. log σ of continuous actions is the last parameter. It cannot be sampled from.
 */
export function networkPolicy(
  { sizes, isContinuous }: NetworkShape,
  values: ArrayLike<number>,
): ScoredPolicy<number[]> {
  const parameters = Float64Array.from(values);
  const logProbability = (observation: number[], action: number): number => {
    const outputs = forward(sizes, parameters, observation);
    if (!isContinuous) return outputs[action] - Math.log(outputs.reduce((sum, x) => sum + Math.exp(x), 0));
    const logStd = parameters[parameters.length - 1];
    return -0.5 * ((action - outputs[0]) / Math.exp(logStd)) ** 2 - logStd - 0.5 * Math.log(2 * Math.PI);
  };
  return {
    numParameters: parameters.length,
    parameters,
    logProbability,
    score(observation, action, target) {
      const h = 1e-5;
      for (let i = 0; i < parameters.length; i++) {
        const before = parameters[i];
        parameters[i] = before + h;
        const above = logProbability(observation, action);
        parameters[i] = before - h;
        const below = logProbability(observation, action);
        parameters[i] = before;
        target[i] = (above - below) / (2 * h);
      }
    },
    sample() {
      throw new Error('networkPolicy: not made to act');
    },
  };
}

import type { Box, VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';

/** Real actions between bounds, and how they lie in [−1, 1], which is what networks know of them. */
export interface ContinuousActions {
  readonly space: Box;
  /** Halves of the distances between the bounds, [size]. */
  readonly halves: Float32Array;
  /** Inside a program: actions [rows × size] of the environment from ones in [−1, 1]. */
  readonly fromUnit: (actions: t.Tensor) => t.Tensor;
  /** Inside a program: the inverse; 0 where the bounds leave no choice. */
  readonly toUnit: (actions: t.Tensor) => t.Tensor;
}

/** The actions of environments for agents whose actors end with tanh. Throws `RangeError`, beginning with `subject`, for any but a float32 `Box` with finite bounds. */
export function continuousActions(subject: string, env: Pick<VectorEnv, 'actionSpace'>): ContinuousActions {
  const { actionSpace: space } = env;
  const isBounded =
    space.kind === 'box' && space.dtype === 'float32' && [...space.low, ...space.high].every(Number.isFinite);
  if (!isBounded) {
    const others = space.kind === 'discrete' ? ': choices are for DiscreteSac, A2c, Ppo or Dqn' : '';
    throw new RangeError(
      `${subject}: expected actions of a float32 Box with finite bounds, got ${space.toString()}${others}`,
    );
  }
  const { low, high, size } = space;
  const halves = high.map((bound, i) => (bound - low[i]) / 2);
  const center = (): t.Tensor =>
    t.constant(
      [size],
      high.map((bound, i) => (bound + low[i]) / 2),
    );
  const divisors = halves.map((half) => (half === 0 ? 1 : half));
  return {
    space,
    halves,
    fromUnit: (actions) => t.add(t.mul(actions, t.constant([size], halves)), center()),
    toUnit: (actions) => t.div(t.sub(actions, center()), t.constant([size], divisors)),
  };
}

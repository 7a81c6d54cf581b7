import { finiteNumber, flag, nonNegativeNumber, type OptionCheck, type RandomSource } from '@gradus/core';
import { envOptions } from '../env-options.ts';

/** What may be changed about all of MuJoCo's environments. */
export interface MujocoOptions {
  /** Steps after which an episode is truncated. Default 1000, of Reacher-v5 50. */
  readonly maxEpisodeSteps?: number | undefined;
  /** How far first positions and velocities are from the model's own, at least 0. */
  readonly resetNoiseScale?: number | undefined;
}

/** What may be changed about those that move for reward. */
export interface MovingOptions extends MujocoOptions {
  /** Reward for a metre a second. Default 1. */
  readonly forwardRewardWeight?: number | undefined;
  /** Cost of the squares of controls, at least 0. */
  readonly ctrlCostWeight?: number | undefined;
}

/** What may be changed about those that may fall. */
export interface FallingOptions extends MovingOptions {
  /** Reward for a step without falling. Default 1. */
  readonly healthyReward?: number | undefined;
  /** Whether an episode ends by falling. Default true. */
  readonly terminateWhenUnhealthy?: boolean | undefined;
}

const checks: Readonly<Record<string, OptionCheck>> = {
  resetNoiseScale: nonNegativeNumber,
  forwardRewardWeight: finiteNumber,
  ctrlCostWeight: nonNegativeNumber,
  healthyReward: finiteNumber,
  terminateWhenUnhealthy: flag,
  contactCostWeight: nonNegativeNumber,
};

/** `options` with `defaults` for what is not given. Throws `RangeError` for what is unknown or cannot be right. */
export function mujocoOptions<Defaults extends object>(
  name: string,
  options: { readonly [Name in keyof Defaults]?: Defaults[Name] | undefined },
  defaults: Defaults,
): Defaults {
  const own = Object.keys(defaults).filter((key) => key !== 'maxEpisodeSteps');
  envOptions<Readonly<Record<string, unknown>>>(
    name,
    options,
    Object.fromEntries(own.map((key) => [key, checks[key]])),
  );
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given };
}

/** Adds a uniform number in ±scale to each. */
export function addUniform(numbers: Float64Array, scale: number, random: RandomSource): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] += -scale + 2 * scale * random.nextFloat();
}

/** Adds a normal number with the deviation `scale` to each. */
export function addNormal(numbers: Float64Array, scale: number, random: RandomSource): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] += scale * random.normal();
}

/** Σ x². */
export function sumOfSquares(numbers: Iterable<number>): number {
  let sum = 0;
  for (const value of numbers) sum += value * value;
  return sum;
}

/** Each number, or the nearest one in ±limit. */
export function clipAll(numbers: ArrayLike<number>, limit: number): number[] {
  return Array.from(numbers, (value) => Math.min(Math.max(value, -limit), limit));
}

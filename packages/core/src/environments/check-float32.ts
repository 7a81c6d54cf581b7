import { valueText } from '@gradus/tensor';
import { EnvError } from '../errors.ts';
import type { VectorEnv } from './vector-env.ts';

/** What was expected instead of `value`, a number that is not finite, or is not in float32, where 3.5 · 10³⁸ is infinite; undefined if it is. */
export function float32Problem(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return undefined;
  return Number.isFinite(value)
    ? 'expected a number that is finite in float32, at most 3.4e38'
    : 'expected a finite number';
}

/** Throws `EnvError`, beginning with `name`, for a reward that is no finite number, also when it is rounded to float32. */
export function checkReward(name: string, reward: unknown): void {
  const problem = float32Problem(reward);
  if (problem !== undefined) throw new EnvError(`${name} is ${valueText(reward)}, ${problem}`);
}

/** As {@link checkReward} for those of n environments, [n]; the error names the environment. */
export function checkRewards(rewards: ArrayLike<number>): void {
  for (let i = 0; i < rewards.length; i++) {
    // `fround` takes text for a number, and throws at a BigInt.
    const reward = typeof rewards[i] === 'number' ? Math.fround(rewards[i]) : NaN;
    // x − x is 0 for every finite x and NaN otherwise.
    if (reward - reward !== 0) checkReward(`reward of environment ${i}`, rewards[i]);
  }
}

/** Index of the first of `values` that is not finite in float32, −1 if there is none. */
function findUnfit(values: ArrayLike<number>): number {
  if (values instanceof Float32Array && isFinite32(values)) return -1;
  for (let k = 0; k < values.length; k++) {
    // `fround` takes text for a number, and throws at a BigInt.
    if (typeof values[k] !== 'number' || !Number.isFinite(Math.fround(values[k]))) return k;
  }
  return -1;
}

/** Whether all are finite. Four sums side by side: this looks at every pixel of every step. */
export function isFinite32(values: Float32Array): boolean {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = values.length - (values.length % 4);
  // 0 · x is 0 for every finite x and NaN otherwise.
  for (let k = 0; k < end; k += 4) {
    a += 0 * values[k];
    b += 0 * values[k + 1];
    c += 0 * values[k + 2];
    d += 0 * values[k + 3];
  }
  for (let k = end; k < values.length; k++) a += 0 * values[k];
  return a + b + c + d === 0;
}

/**
 * Throws `EnvError` for rows [n × width] of observations or actions with a number that is not finite in float32:
 * `observation of environment 2 has Infinity at [0], expected a finite number`. `firstRow`: whose the first of the rows is.
 */
export function checkFiniteRows(name: string, values: ArrayLike<number>, width: number, firstRow = 0): void {
  const wrong = findUnfit(values);
  if (wrong === -1) return;
  const problem = float32Problem(values[wrong]) ?? '';
  throw new EnvError(
    `${name} of environment ${firstRow + Math.floor(wrong / width)} has ${valueText(values[wrong])} at [${wrong % width}], ${problem}`,
  );
}

/** What of a step is checked. */
type CheckedStep = Pick<
  VectorEnv,
  'numEnvs' | 'observations' | 'finalObservations' | 'rewards' | 'terminated' | 'truncated'
>;

/** Throws `EnvError`, naming the environment, where a reward, an observation, or the last observation of an episode that ended is not finite. */
export function checkStep(env: CheckedStep): void {
  const { numEnvs, observations, finalObservations, rewards, terminated, truncated } = env;
  checkRewards(rewards);
  const width = observations.length / numEnvs;
  checkFiniteRows('observation', observations, width);
  for (let i = 0; i < numEnvs; i++) {
    if (terminated[i] === 0 && truncated[i] === 0) continue;
    // Any list is taken for an array of numbers, as long as it is as long.
    const all: ArrayLike<number> = finalObservations;
    const row = Array.isArray(all)
      ? all.slice(i * width, (i + 1) * width)
      : finalObservations.subarray(i * width, (i + 1) * width);
    checkFiniteRows('final observation', row, width, i);
  }
}

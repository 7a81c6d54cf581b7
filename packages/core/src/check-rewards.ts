import { EnvError } from './errors.ts';

/** Throws `EnvError` that names the environment for a reward, [n], that is not finite. */
export function checkRewards(rewards: ArrayLike<number>): void {
  for (let i = 0; i < rewards.length; i++) {
    if (Number.isFinite(rewards[i])) continue;
    throw new EnvError(`reward of environment ${i} is ${rewards[i]}, expected a finite number`);
  }
}

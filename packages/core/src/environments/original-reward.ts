import { checkReward } from './check-float32.ts';
import type { StepResult } from './env.ts';

/** The reward of the environment itself, whatever wrappers have made of it: what returns that are reported are sums of. */
export function originalReward({
  reward,
  unwrappedReward = reward,
}: Pick<StepResult, 'reward' | 'unwrappedReward'>): number {
  return unwrappedReward;
}

/**
 * `result` with another reward, which remembers the environment's own: for wrappers that scale, clip or shape. Throws `EnvError` for a reward that is not
 * finite.
 */
export function withReward<Result extends StepResult>(result: Result, reward: number): Result {
  checkReward('changed reward', reward);
  return { ...result, reward, unwrappedReward: originalReward(result) };
}

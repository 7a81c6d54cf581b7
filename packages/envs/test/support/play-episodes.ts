import { makeVectorEnv } from '@gradus/envs';

/** What came of some episodes. */
export interface PlayedEpisodes {
  /** Mean return. */
  readonly mean: number;
  /** Its standard error. */
  readonly error: number;
  /** Mean length in steps. */
  readonly length: number;
}

/**
 * Plays the first episodes of some copies, with the default options. `act`: the action for the observation that starts at `start`.
 */
export function playEpisodes(
  id: string,
  seed: number,
  act: (observations: Float32Array, start: number) => number,
  copies = 200,
): PlayedEpisodes {
  const env = makeVectorEnv(id, copies);
  env.reset({ seed });
  const returns: number[] = [];
  const lengths: number[] = [];
  const isOver = new Uint8Array(copies);
  const actions = new Int32Array(copies);
  while (returns.length < copies) {
    for (let i = 0; i < copies; i++) actions[i] = act(env.observations, i * env.observationSpace.size);
    env.step(actions);
    for (let i = 0; i < copies; i++) {
      if (isOver[i] === 1 || !(env.terminated[i] || env.truncated[i])) continue;
      isOver[i] = 1;
      returns.push(env.episodeReturns[i]);
      lengths.push(env.episodeLengths[i]);
    }
  }
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / copies;
  const mean = meanOf(returns);
  const variance = meanOf(returns.map((value) => (value - mean) ** 2));
  return { mean, error: Math.sqrt(variance / copies), length: meanOf(lengths) };
}

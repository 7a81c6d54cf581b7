import { makeVectorEnv } from '@gradus/envs';

/**
 * Mean return of the first episodes of some copies, with the default options. `act`: the action for the observation that starts at
 * `start`.
 */
export function meanReturn(
  id: string,
  seed: number,
  act: (observations: Float32Array, start: number) => number,
  copies = 200,
): number {
  const env = makeVectorEnv(id, copies);
  env.reset({ seed });
  const returns = new Float64Array(copies).fill(NaN);
  const actions = new Int32Array(copies);
  while (returns.some(Number.isNaN)) {
    for (let i = 0; i < copies; i++) actions[i] = act(env.observations, i * env.observationSpace.size);
    env.step(actions);
    for (let i = 0; i < copies; i++) {
      if ((env.terminated[i] || env.truncated[i]) && Number.isNaN(returns[i])) returns[i] = env.episodeReturns[i];
    }
  }
  return returns.reduce((sum, value) => sum + value, 0) / copies;
}

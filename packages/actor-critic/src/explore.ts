import { NoiseProcess, type ExplorationNoise } from './exploration-noise.ts';
import type { Exploration, Explorer } from './exploration.ts';
import { parameterNoise } from './parameter-noise.ts';

/** Exploration with that noise. */
export function explore(noise: ExplorationNoise, explorer: Explorer): Exploration {
  if (noise?.kind === 'parameter') return parameterNoise(noise, explorer);
  const { env, actions, policy, random } = explorer;
  const process = new NoiseProcess(noise, env);
  return {
    act: (chosen, progress) => {
      policy.actBatch(env.observations, chosen);
      process.addTo(chosen, actions, env, random, progress);
    },
    parts: { episode: { noise: process } },
  };
}

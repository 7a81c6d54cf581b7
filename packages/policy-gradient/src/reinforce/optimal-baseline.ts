import { stepInputs, type ActorCritic, type VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';
import { flatten, parameterCount } from '../programs/flat-parameters.ts';
import type { EpisodeBuffer } from './episode-buffer.ts';

/** Sums over the steps of one episode, of ℓ G, ℓ, ℓ² G and ℓ², [p] each. */
type EpisodeSums = readonly t.TensorData[];

/**
 * The gradient of a network policy with the variance-optimal baseline of each parameter (S5.4; `leaveOneOutEstimates` says the same for policies with
 * scores in closed form): with ℓ = f_t ∇ log π(a_t | s_t), episode n of N gives
 *
 *     ĝ_i = Σ_t ℓ_i (G_t − b_i),   b_i = Σ_{m ≠ n} Σ_t ℓ_i² G_t / Σ_{m ≠ n} Σ_t ℓ_i²
 *
 * Squares are of single steps, so each step is differentiated on its own: the update takes about as long as the playing.
 */
export class OptimalBaseline {
  /** {@link EpisodeSums} of the steps so far. */
  private readonly sums: readonly t.Variable[];
  private readonly step: ReturnType<typeof stepProgram>;

  constructor(networks: ActorCritic, env: VectorEnv, device: t.Device) {
    const size = parameterCount(networks.actorParameters);
    this.sums = Array.from({ length: 4 }, () => t.variable([size]));
    this.step = stepProgram(networks, this.sums, env, device);
  }

  /** The mean of ĝ over the episodes of `buffer`, all parameters of the actor in one list, [p]. `returns`: G of the steps. */
  gradient(buffer: EpisodeBuffer, returns: Float64Array): Float64Array {
    const { numEpisodes } = buffer;
    const all = Array.from({ length: numEpisodes }, (_, episode) => this.episodeSums(buffer, episode, returns));
    const gradient = new Float64Array(all[0][0].length);
    for (let i = 0; i < gradient.length; i++) {
      let numerator = 0;
      let denominator = 0;
      for (const [, , weighted, squares] of all) {
        numerator += weighted[i];
        denominator += squares[i];
      }
      for (const [products, slopes, weighted, squares] of all) {
        // Without the episode itself, whose actions its baseline must not know.
        const others = denominator - squares[i];
        const baseline = others > 0 ? (numerator - weighted[i]) / others : 0;
        gradient[i] += (products[i] - baseline * slopes[i]) / numEpisodes;
      }
    }
    return gradient;
  }

  private episodeSums(buffer: EpisodeBuffer, episode: number, returns: Float64Array): EpisodeSums {
    const { inputs } = this.step;
    const row = new Uint32Array(1);
    inputs.keep[0] = 0;
    for (let k = 0; k < buffer.size; k++) {
      if (buffer.episodes[k] !== episode) continue;
      row[0] = k;
      buffer.gather(row, 0, inputs);
      inputs.factor[0] = buffer.factors[k];
      inputs.return[0] = returns[k];
      this.step.run();
      inputs.keep[0] = 1;
    }
    return this.sums.map((sum) => sum.read());
  }

  dispose(): void {
    this.step.dispose();
    for (const sum of this.sums) sum.dispose();
  }
}

/** Adds one step to the sums; `keep` is 0 to begin them anew, else 1. */
function stepProgram(networks: ActorCritic, sums: readonly t.Variable[], env: VectorEnv, device: t.Device) {
  return t.program(
    { ...stepInputs(env, 1), factor: [], return: [], keep: [] },
    (step) => {
      const logProbability = t.sum(networks.policy(step.observations, step.actionMasks).logProbability(step.actions));
      const score = flatten(t.grad(logProbability, Object.values(networks.actorParameters)));
      const l = t.mul(step.factor, score);
      const squares = t.square(l);
      [t.mul(l, step.return), l, t.mul(squares, step.return), squares].forEach((term, i) => {
        t.assign(sums[i], t.add(t.mul(sums[i], step.keep), term));
      });
      return {};
    },
    { device },
  );
}

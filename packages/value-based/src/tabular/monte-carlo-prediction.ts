import { oneOf, optional, type Env, type VectorEnv } from '@gradus/core';
import { EpisodeBuffer } from './episode-buffer.ts';
import { nextStateValue, predict, type PredictionOptions } from './predict.ts';
import { visitStepSize } from './step-size.ts';

/** What Monte-Carlo prediction may be told. By default α_n = 1 / n: values are the means of their returns. */
export interface MonteCarloPredictionOptions extends PredictionOptions {
  /** Whether a state's return counts once an episode or at every visit. Default `first`. */
  readonly visits?: 'first' | 'every' | undefined;
}

/**
 * The values of a policy [numStates × numActions], as means of the returns that followed (Sutton and Barto, 2018, §5.1; S2.1), [numStates]:
 *
 *     G = r_t + γ r_{t+1} + γ² r_{t+2} + …,   v(s_t) ← v(s_t) + α [G − v(s_t)]
 *
 * after each episode, for first visits or for all. The mean over first visits is unbiased, and has the smaller error in the long run; that
 * over every visit has a bias that vanishes (Singh and Sutton, 1996). The return of an episode that was cut off goes on with the value of
 * its last state.
 *
 * Throws `RangeError` for more than one copy of the environment, spaces that are not finite, wrong options, and a policy whose rows are no
 * distributions.
 */
export function monteCarloPrediction(
  env: Env | VectorEnv,
  policy: Float64Array,
  options: MonteCarloPredictionOptions,
): Float64Array {
  return predict(env, policy, options, {
    subject: 'monteCarloPrediction',
    alpha: visitStepSize(),
    checks: { visits: optional(oneOf('first', 'every')) },
    learner: (prediction, { gamma, visits = 'first' }) => {
      const { world, table } = prediction;
      const episode = new EpisodeBuffer(world.numStates);
      const learnReturn = (state: number, value: number): void => {
        table.moveTowards(state, value, prediction.progress);
      };
      return () => {
        episode.push(world.state, world.reward);
        if (world.ended) episode.finish(gamma, nextStateValue(prediction), visits === 'first', learnReturn);
      };
    },
  });
}

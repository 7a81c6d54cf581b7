import {
  checkArguments,
  checkLength,
  flag,
  fraction,
  lambdaReturns,
  numberList,
  oneOf,
  optional,
  positiveInteger,
} from '@gradus/core';
import { bestAction } from './best-action.ts';

/** A whole episode of T steps. */
export interface RecordedEpisode {
  /** s₀ … s_T, [T + 1]. */
  readonly states: ArrayLike<number>;
  /** a₀ … a_{T−1}, and a_T where `bootstrap` is `taken` and the episode was cut off. Default all 0. */
  readonly actions?: ArrayLike<number> | undefined;
  /** r₀ … r_{T−1}, [T]. */
  readonly rewards: ArrayLike<number>;
  /** Whether the task ended, so that s_T is worth nothing. */
  readonly terminated: boolean;
}

/** What both views of an episode are told. */
export interface LambdaViewOptions {
  readonly gamma: number;
  readonly lambda: number;
  /** α, the same for all. */
  readonly alpha: number;
  /** Columns of the table. Default 1: a table of state values, and TD(λ). */
  readonly numActions?: number | undefined;
  /** b(s): `taken` is q(s, a) of the action taken there, SARSA(λ); `maximum` is max_a q(s, a), Peng's Q(λ). Default `taken`. */
  readonly bootstrap?: 'taken' | 'maximum' | undefined;
}

/**
 * The forward view of an episode (S2.5): the table that learning from its λ-returns leads to, [numStates × numActions]. All of them are
 * computed from `values`, the table before the episode:
 *
 *     G_t = r_t + γ [(1 − λ) b(s_{t+1}) + λ G_{t+1}],   q(s, a) ← q(s, a) + α Σ_t [s_t = s, a_t = a] (G_t − q(s, a))
 *
 * Throws `RangeError` for options out of range and for lists of other lengths than stated.
 */
export function forwardView(episode: RecordedEpisode, values: Float64Array, options: LambdaViewOptions): Float64Array {
  const { pairs, bootstraps } = readEpisode(episode, values, options);
  const { rewards, terminated } = episode;
  const { alpha, gamma, lambda } = options;
  const steps = rewards.length;
  const returns = lambdaReturns(
    {
      numEnvs: 1,
      rewards,
      nextValues: bootstraps.subarray(1),
      terminated: new Uint8Array(steps).fill(Number(terminated), steps - 1),
      truncated: new Uint8Array(steps),
    },
    { gamma, lambda },
    new Float64Array(steps),
  );
  const updated = values.slice();
  for (let t = 0; t < steps; t++) updated[pairs[t]] += alpha * (returns[t] - values[pairs[t]]);
  return updated;
}

/**
 * The backward view of an episode (S2.5): the same table, from what each step knows when it is made. Eligibility traces e, all 0 at
 * first, hand each error on to what was visited before; q(s, a) are those from before the episode:
 *
 *     e ← γλ e,   u ← u + α (r_t + γ b(s_{t+1}) − b(s_t)) e
 *     u(s_t, a_t) ← u(s_t, a_t) + α (r_t + γ b(s_{t+1}) − q(s_t, a_t)),   e(s_t, a_t) ← e(s_t, a_t) + 1
 *
 * and q ← q + u at the end. Throws as {@link forwardView} does.
 */
export function backwardView(episode: RecordedEpisode, values: Float64Array, options: LambdaViewOptions): Float64Array {
  const { pairs, bootstraps } = readEpisode(episode, values, options);
  const { gamma, lambda, alpha } = options;
  const traces = new Float64Array(values.length);
  const updated = values.slice();
  for (let t = 0; t < episode.rewards.length; t++) {
    const pair = pairs[t];
    const target = episode.rewards[t] + gamma * bootstraps[t + 1];
    for (let i = 0; i < traces.length; i++) {
      traces[i] *= gamma * lambda;
      updated[i] += alpha * (target - bootstraps[t]) * traces[i];
    }
    updated[pair] += alpha * (target - values[pair]);
    traces[pair]++;
  }
  return updated;
}

/** The pairs (s_t, a_t), [T], and b(s_t), [T + 1], of which the last is 0 where the task ended. */
function readEpisode(
  episode: RecordedEpisode,
  values: Float64Array,
  options: LambdaViewOptions,
): { readonly pairs: Int32Array; readonly bootstraps: Float64Array } {
  checkArguments('episode', episode, {
    states: numberList,
    actions: optional(numberList),
    rewards: numberList,
    terminated: flag,
  });
  checkArguments('episode', { values }, { values: numberList });
  checkArguments('episode', options, {
    gamma: fraction,
    lambda: fraction,
    alpha: fraction,
    numActions: optional(positiveInteger),
    bootstrap: optional(oneOf('taken', 'maximum')),
  });
  const { states, actions, rewards, terminated } = episode;
  const { numActions = 1, bootstrap = 'taken' } = options;
  const steps = rewards.length;
  const numTaken = bootstrap === 'taken' && !terminated ? steps + 1 : steps;
  checkLength('states', states, steps + 1);
  if (actions !== undefined && actions.length !== steps + 1) checkLength('actions', actions, numTaken);
  const pairAt = (t: number): number => {
    const pair = states[t] * numActions + (actions?.[t] ?? 0);
    if (pair >= 0 && pair < values.length) return pair;
    throw new RangeError(
      `episode: expected states and actions of a table of ${values.length} values, got pair ${pair}`,
    );
  };
  const pairs = Int32Array.from({ length: steps }, (_, t) => pairAt(t));
  const bootstraps = Float64Array.from({ length: steps + 1 }, (_, t) => {
    if (t === steps && terminated) return 0;
    if (bootstrap === 'taken') return values[pairAt(t)];
    const first = states[t] * numActions;
    return values[first + bestAction(values, first, numActions, undefined)];
  });
  return { pairs, bootstraps };
}

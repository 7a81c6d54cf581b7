import {
  RunningNormalizer,
  actionCounts,
  asVectorEnv,
  checkActionMasks,
  checkFiniteRows,
  checkOptions,
  clipToBounds,
  createActions,
  elementChoices,
  endlessEpisode,
  episodeLimit,
  featureCount,
  flag,
  isNumeric,
  naturalNumber,
  nullable,
  policyOutputs,
  positiveInteger,
  readState,
  stepCopies,
  valueText,
  type ActionArray,
  type Env,
  type OptionCheck,
  type StateDict,
  type Stateful,
  type DeviceOption,
  type VectorEnv,
} from '@gradus/core';
import { CandidateActors } from './candidate-actors.ts';
import { checkNetwork, type PolicyNetwork } from './policy-network.ts';

/** Options of a {@link MonteCarloUtility}. */
export interface MonteCarloUtilityOptions {
  /** m, episodes of each candidate. Default 1. */
  readonly episodes: number;
  /**
   * Whether candidates, one after the other, all play the same episodes instead of playing side by side each its own: their differences are then not
   * those of luck. Let the environment have m copies, since others would have nothing to do. Default false.
   */
  readonly commonEpisodes: boolean;
  /**
   * Whether observations are normalized by the running mean and variance of all that earlier evaluations saw (V2 of Mania et al., 2018). Only for
   * observations of a float32 `Box`. Default false.
   */
  readonly normalizeObservation: boolean;
  /** Steps within which an episode has to end; null: the environment's own limit, or 10,000 where it has none. Default null. */
  readonly maxEpisodeSteps: number | null;
}

/** Those that {@link MonteCarloUtilityOptions} names. */
export const monteCarloUtilityDefaults: MonteCarloUtilityOptions = {
  episodes: 1,
  commonEpisodes: false,
  normalizeObservation: false,
  maxEpisodeSteps: null,
};

/** What the options of {@link MonteCarloUtilityOptions} must be. */
export const monteCarloUtilityChecks: { readonly [Name in keyof MonteCarloUtilityOptions]: OptionCheck } = {
  episodes: positiveInteger,
  commonEpisodes: flag,
  normalizeObservation: flag,
  maxEpisodeSteps: nullable(positiveInteger),
};

/** What an evaluation came to. Episode k · m + j is the j-th of candidate k. */
export interface CandidateReturns {
  /** Û(θ) of each candidate, [candidates]. */
  readonly utilities: Float64Array;
  /** Undiscounted sum of the environment's own rewards, [candidates × m]: R(τ), but for wrappers that change what is learned from. */
  readonly returns: Float64Array;
  /** Steps of each episode, [candidates × m]. */
  readonly lengths: Int32Array;
}

/** Throws `RangeError` for a network that sees other observations, or has other actions, than there are in `env`. Bounds may be others. */
function checkFits(network: PolicyNetwork, env: VectorEnv): void {
  for (const [name, numbersOf] of [
    ['observationSpace', featureCount],
    ['actionSpace', policyOutputs],
  ] as const) {
    const [expected, given] = [env[name], network[name]];
    if (given.kind === expected.kind && given.size === expected.size && numbersOf(given) === numbersOf(expected))
      continue;
    throw new RangeError(
      `MonteCarloUtility: expected a network for the ${name} ${expected.toString()}, got one for ${given.toString()}`,
    );
  }
}

/** Of episodes: R(τ) of the rewards learned from, the sum of the environment's own, and steps. */
interface EpisodeResults {
  readonly sums: Float64Array;
  readonly returns: Float64Array;
  readonly lengths: Int32Array;
}

/**
 * The utility of a policy's parameters, by Monte Carlo (S4.1):
 *
 *     U(θ) = E[R(τ)] ≈ Û(θ) = (1/m) Σ_j R(τ_j),   τ_j an episode with the policy π_θ, R its undiscounted return
 *
 * of many candidates at a time: the copies of the environment play side by side, each with the parameters of the candidate whose turn it is. Episode e of
 * the evaluation, counted over all candidates, is the ⌊e / n⌋-th of copy e mod n, and copies are seeded with `reset({ seed })`: how long episodes are decides
 * neither who plays how many of them nor where, and nothing that was played in an earlier evaluation matters. (Where steps are random, later episodes of
 * a copy go on with its random stream from wherever those before left it.) A copy whose episodes are all done is stepped along with the others; these
 * steps are not counted, since nothing is learned of them.
 */
export class MonteCarloUtility implements Stateful {
  readonly env: VectorEnv;
  readonly network: PolicyNetwork;
  readonly options: MonteCarloUtilityOptions;
  /** What observations are normalized by at present, if they are. It changes at the end of an evaluation. */
  readonly normalizer: RunningNormalizer | undefined;
  /** The same and what was seen since. */
  private readonly seen: RunningNormalizer | undefined;
  /** The episode that each copy plays, [n]. */
  private readonly episode: Int32Array;
  /** What its rewards sum up to, [n]. */
  private readonly sum: Float64Array;
  private readonly actions: ActionArray;
  /** Computes actions where there is more to compute than a linear function. */
  private readonly actors: CandidateActors | undefined;
  /** Choices of each element of an action, where there are masks. */
  private readonly actionCounts: readonly number[];
  /** Observations as the network sees them, and those to learn the normalization of. */
  private readonly normalized: Float32Array;
  private readonly active: Float32Array;
  private isDisposed = false;

  /**
   * `network`: the policy, for the spaces of `env`. `device`: what computes it, unless it is linear. Throws `RangeError` for an unknown option or a wrong one, for a network of other observations or actions, and where observations to normalize are
   * not those of a float32 `Box`.
   */
  constructor(
    env: Env | VectorEnv,
    network: PolicyNetwork,
    { device, ...options }: Partial<MonteCarloUtilityOptions> & DeviceOption = {},
  ) {
    checkOptions<MonteCarloUtilityOptions>('MonteCarloUtility', options, monteCarloUtilityChecks);
    this.env = asVectorEnv(env);
    checkNetwork('MonteCarloUtility', network);
    checkFits(network, this.env);
    this.network = network;
    this.options = { ...monteCarloUtilityDefaults, ...options };
    const { numEnvs, observations, observationSpace, actionSpace, actionMasks } = this.env;
    if (this.options.normalizeObservation) {
      if (!isNumeric(observationSpace)) {
        const got = observationSpace.toString();
        throw new RangeError(`normalizeObservation: expected observations of a float32 Box, got ${got}`);
      }
      this.normalizer = new RunningNormalizer(observationSpace.size);
      this.seen = new RunningNormalizer(observationSpace.size);
    }
    if (!network.isLinear) this.actors = new CandidateActors(network, numEnvs, device);
    this.episode = new Int32Array(numEnvs);
    this.sum = new Float64Array(numEnvs);
    this.actionCounts = actionMasks ? actionCounts(actionSpace) : [];
    // Copies that never get to play need actions all the same.
    this.actions = createActions(actionSpace, numEnvs);
    for (let i = 0; i < numEnvs; i++) this.actions.set(elementChoices(actionSpace)?.start ?? [], i * actionSpace.size);
    clipToBounds(actionSpace, this.actions, this.actions);
    this.normalized = new Float32Array(this.normalizer ? observations.length : 0);
    this.active = new Float32Array(this.normalizer ? observations.length : 0);
  }

  /**
   * Plays m episodes with each of `candidates`, [candidates × dimension]. The same `seed` leads to the same episodes. Throws `EnvError` for rewards and
   * observations that are not finite, and for an episode that does not end within `maxEpisodeSteps`; `RangeError` for a mask without a legal action, and for candidates of another
   * dimension; `Error` once disposed.
   */
  evaluate(candidates: Float64Array, seed: number): CandidateReturns {
    const { network, options, normalizer, seen } = this;
    const { episodes, commonEpisodes } = options;
    if (this.isDisposed) throw new Error('MonteCarloUtility: this one was disposed');
    checkOptions('MonteCarloUtility.evaluate', { seed }, { seed: naturalNumber });
    if (!((candidates as unknown) instanceof Float64Array)) {
      throw new RangeError(`candidates: expected a Float64Array, got ${valueText(candidates)}`);
    }
    const count = candidates.length / network.dimension;
    if (!Number.isInteger(count)) {
      throw new RangeError(`candidates: expected rows of ${network.dimension} parameters, got ${candidates.length}`);
    }
    // An evaluation that failed may have left it further.
    if (normalizer && seen) seen.setState(normalizer.getState());
    const returns = new Float64Array(count * episodes);
    const sums = new Float64Array(count * episodes);
    const lengths = new Int32Array(count * episodes);
    if (commonEpisodes) {
      for (let k = 0; k < count; k++)
        this.play(candidates, k * episodes, (k + 1) * episodes, seed, { sums, returns, lengths });
    } else {
      this.play(candidates, 0, returns.length, seed, { sums, returns, lengths });
    }
    if (normalizer && seen) normalizer.setState(seen.getState());
    const utilities = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      for (let e = k * episodes; e < (k + 1) * episodes; e++) utilities[k] += sums[e];
      utilities[k] /= episodes;
    }
    return { utilities, returns, lengths };
  }

  /** Plays episodes `first` … `end` − 1. */
  private play(
    candidates: Float64Array,
    first: number,
    end: number,
    seed: number,
    { sums, returns, lengths }: EpisodeResults,
  ): void {
    const { env, episode, actions, actors } = this;
    const { numEnvs, terminated, truncated } = env;
    env.reset({ seed });
    checkFiniteRows('observation', env.observations, env.observationSpace.size);
    actors?.begin(end - first);
    for (let i = 0; i < numEnvs; i++) {
      episode[i] = first + i;
      if (episode[i] < end) actors?.assign(i, candidates, this.parametersOf(episode[i]));
    }
    this.sum.fill(0);
    const longest = episodeLimit(env, this.options.maxEpisodeSteps ?? undefined);
    for (let left = end - first; left > 0;) {
      this.act(candidates, end);
      stepCopies(env, actions);
      for (let i = 0; i < numEnvs; i++) {
        const e = episode[i];
        this.sum[i] += env.rewards[i];
        if (e >= end) continue;
        if ((terminated[i] | truncated[i]) === 0) {
          if (env.episodeLengths[i] >= longest) throw endlessEpisode('MonteCarloUtility', longest);
          continue;
        }
        sums[e] = this.sum[i];
        this.sum[i] = 0;
        returns[e] = env.episodeReturns[i];
        lengths[e] = env.episodeLengths[i];
        episode[i] += numEnvs;
        left--;
        if (episode[i] < end) actors?.assign(i, candidates, this.parametersOf(episode[i]));
        else actors?.release(i);
      }
    }
  }

  /** Writes the action of each copy that has an episode to play. */
  private act(candidates: Float64Array, end: number): void {
    const { env, network, episode, actions, normalizer, active, actors } = this;
    const { numEnvs, actionMasks } = env;
    const { size } = env.observationSpace;
    if (actionMasks) checkActionMasks(actionMasks, this.actionCounts, numEnvs);
    let { observations } = env;
    if (normalizer) {
      normalizer.normalize(observations, this.normalized);
      observations = this.normalized;
    }
    actors?.act(observations, actions, actionMasks);
    if (actors && !normalizer) return;
    let rows = 0;
    for (let i = 0; i < numEnvs; i++) {
      if (episode[i] >= end) continue;
      if (!actors) {
        network.writeAction(candidates, this.parametersOf(episode[i]), observations, i, actions, actionMasks);
      }
      if (!normalizer) continue;
      for (let j = 0; j < size; j++) active[rows * size + j] = env.observations[i * size + j];
      rows++;
    }
    this.seen?.update(active.subarray(0, rows * size));
  }

  /** Where the parameters begin that play an episode. */
  private parametersOf(episode: number): number {
    return Math.floor(episode / this.options.episodes) * this.network.dimension;
  }

  /** What it has learned: the normalization. Between evaluations there is nothing else to remember. */
  getState(): StateDict {
    return { normalizer: this.normalizer?.getState() ?? null };
  }

  setState(state: StateDict): void {
    for (const each of [this.normalizer, this.seen]) each?.setState(readState(state, 'normalizer'));
  }

  /** Frees what computes the network. */
  dispose(): void {
    this.isDisposed = true;
    this.actors?.dispose();
  }
}

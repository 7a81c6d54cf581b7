import {
  DivergenceError,
  ProgressRecorder,
  asVectorEnv,
  checkOptions,
  checkParameters,
  learnSteps,
  naturalNumber,
  oneOf,
  openCheckpoint,
  plainState,
  positiveInteger,
  readState,
  rejectUnknown,
  snapshotEnv,
  spawnSeed,
  streams,
  valueText,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type Env,
  type LearnOptions,
  type Metrics,
  type Observation,
  type OptionCheck,
  type Progress,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import { MonteCarloUtility, monteCarloUtilityChecks } from './monte-carlo-utility.ts';
import { NetworkPolicy } from './network-policy.ts';
import {
  PolicyNetwork,
  policyNetworkChecks,
  policyNetworkDefaults,
  type PolicyNetworkOptions,
} from './policy-network.ts';
import type { SearchMethod } from './search-methods.ts';
import type { Search } from './search.ts';

/** Options of {@link PolicySearch}, besides those of the method. */
export interface PolicySearchOptions extends PolicyNetworkOptions {
  /** m, episodes by which a candidate's utility is estimated. Default 1. */
  readonly episodes: number;
  /**
   * Who plays which episodes: `independent`, each candidate its own; `common`, all candidates of an iteration the same, so that their differences are
   * not those of luck; `fixed`, all candidates of all iterations the same, so that the utility is a function without noise (Ng and Jordan, 2000), which
   * pattern search needs. With the last two, the environment should have m copies. Default `independent`.
   */
  readonly episodeChoice: 'independent' | 'common' | 'fixed';
  /** Whether observations are normalized by their running mean and variance (V2 of Mania et al., 2018). Default false. */
  readonly normalizeObservation: boolean;
  /** Steps within which an episode has to end; null: the environment's own limit, or 10,000 where it has none. Default null. */
  readonly maxEpisodeSteps: number | null;
  /** Seeds the parameters at first, the candidates, and the episodes. Default 0. */
  readonly seed: number;
}

/** Those that {@link PolicySearchOptions} names. */
export const policySearchDefaults: PolicySearchOptions = {
  ...policyNetworkDefaults,
  episodes: 1,
  episodeChoice: 'independent',
  normalizeObservation: false,
  maxEpisodeSteps: null,
  seed: 0,
};

const checks: { readonly [Name in keyof PolicySearchOptions]: OptionCheck } = {
  ...policyNetworkChecks,
  episodes: positiveInteger,
  episodeChoice: oneOf('independent', 'common', 'fixed'),
  normalizeObservation: monteCarloUtilityChecks.normalizeObservation,
  maxEpisodeSteps: monteCarloUtilityChecks.maxEpisodeSteps,
  seed: naturalNumber,
};

/**
 * An agent whose deterministic policy is found by a search of its parameters, with nothing but the returns of episodes (S4):
 *
 *     candidates θ_1 … θ_n ← ask;   Û(θ_k) = (1/m) Σ_j R(τ_kj);   tell Û(θ_1) … Û(θ_n)
 *
 * The method is any of `searchMethods`; the policy is linear or a network of tanh layers ({@link PolicyNetwork}), and episodes are played by all
 * copies of the environment side by side ({@link MonteCarloUtility}). It acts by the search's `mean`, or by its `best` where there is none.
 */
export class PolicySearch<Options extends object = object> implements Agent {
  readonly algorithm: string;
  readonly options: PolicySearchOptions & Options;
  readonly search: Search;
  readonly network: PolicyNetwork;
  private readonly utility: MonteCarloUtility;
  private readonly policy: NetworkPolicy;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  /** An episode, as the recorder is told of it. */
  private readonly finished = {
    numEnvs: 1,
    terminated: Uint8Array.of(1),
    truncated: Uint8Array.of(0),
    episodeReturns: new Float64Array(1),
    episodeLengths: new Int32Array(1),
  };

  /**
   * `env`: one environment, or n copies that play candidates' episodes side by side. `options`: those above and the method's. Throws `RangeError` for an
   * unknown option or a wrong one.
   */
  constructor(
    env: Env | VectorEnv,
    method: SearchMethod<Options>,
    options: Partial<PolicySearchOptions & Options> = {},
  ) {
    checkMethod(method);
    const { name, defaults } = method;
    rejectUnknown(name, options, { ...policySearchDefaults, ...defaults });
    const own = pick<PolicySearchOptions>(options, policySearchDefaults);
    checkOptions<PolicySearchOptions>(name, own, checks);
    const { hidden, bias, seed, episodeChoice, ...played } = { ...policySearchDefaults, ...own };
    const vectorEnv = asVectorEnv(env);
    this.algorithm = name;
    this.options = { ...policySearchDefaults, ...defaults, ...options };
    this.network = new PolicyNetwork(vectorEnv, { hidden, bias });
    this.search = method.create(this.network.initialParameters(seed), pick<Options>(options, defaults));
    this.utility = new MonteCarloUtility(vectorEnv, this.network, {
      episodes: played.episodes,
      commonEpisodes: episodeChoice !== 'independent',
      normalizeObservation: played.normalizeObservation,
      maxEpisodeSteps: played.maxEpisodeSteps,
    });
    this.policy = new NetworkPolicy(this.network, () => this.parameters, this.utility.normalizer);
  }

  /** What it acts by, [network.dimension]. */
  get parameters(): Float64Array {
    return this.search.mean ?? this.search.best.parameters;
  }

  get step(): number {
    return this.recorder.step;
  }

  /** Its policy is deterministic, with or without `deterministic`. */
  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.policy.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(observations, actions, options);
  }

  /**
   * Searches until `steps` environment steps were made in the candidates' episodes, or the search is finished; the last iteration is completed. Yields
   * after each iteration. Throws as `MonteCarloUtility.evaluate` does, and `DivergenceError` where the search has left the finite numbers.
   */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    this.recorder.start(steps);
    while (this.recorder.step < steps && !this.search.finished) yield this.recorder.progress(this.iterate());
  }

  private iterate(): Metrics {
    const { search, utility } = this;
    const { utilities, returns, lengths } = utility.evaluate(search.ask(), this.episodeSeed());
    search.tell(utilities);
    checkParameters(this, { parameters: this.parameters });
    if (search.termination === 'diverged') {
      throw new DivergenceError(
        `${this.algorithm}: parameters leave all numbers at step ${this.step}; steps are too long`,
      );
    }
    for (let e = 0; e < returns.length; e++) this.recordEpisode(returns[e], lengths[e]);
    return {
      'train/mean_utility': utilities.reduce((sum, value) => sum + value, 0) / utilities.length,
      'train/best_utility': utilities.reduce((best, value) => Math.max(best, value)),
    };
  }

  /** It follows from the agent's seed and the iteration, so that resuming needs nothing of most environments. */
  private episodeSeed(): number {
    const { seed, episodeChoice } = this.options;
    const iteration = episodeChoice === 'fixed' ? 0 : this.search.iteration;
    return spawnSeed(seed, streams.search, iteration);
  }

  /** Counts an episode as if candidates had played one after the other. */
  private recordEpisode(episodeReturn: number, length: number): void {
    const { recorder, finished } = this;
    finished.episodeReturns[0] = episodeReturn;
    finished.episodeLengths[0] = length;
    // The last step is counted by `record`.
    recorder.step += length - 1;
    recorder.record(finished);
  }

  checkpoint(): Checkpoint {
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        search: this.search.getState(),
        utility: this.utility.getState(),
        recorder: this.recorder.getState(),
        // Each iteration begins new episodes; what outlives them is what wrappers learn, such as a normalization.
        env: snapshotEnv(this.utility.env),
      },
      files: {},
    };
  }

  /**
   * The agent that was saved, ready to act and to go on searching in `env`, which must have as many copies, exactly as if it had not been interrupted.
   * Throws `CheckpointError` when the checkpoint is of another method or incomplete, or does not fit the environment's spaces or
   * number of copies.
   */
  static restore<Options extends object>(
    checkpoint: Checkpoint,
    env: Env | VectorEnv,
    method: SearchMethod<Options>,
  ): PolicySearch<Options> {
    const { state } = openCheckpoint(checkpoint, method.name);
    const options = readState(state, 'options') as unknown as Partial<PolicySearchOptions & Options>;
    const agent = new PolicySearch(env, method, options);
    agent.search.setState(readState(state, 'search'));
    agent.utility.setState(readState(state, 'utility'));
    agent.recorder.setState(readState(state, 'recorder'));
    if (state.env !== null) agent.utility.env.setState(readState(state, 'env'));
    return agent;
  }

  dispose(): void {
    // Holds nothing but memory.
  }
}

function checkMethod(method: unknown): void {
  if (typeof method === 'object' && method !== null && 'name' in method && 'defaults' in method && 'create' in method) {
    const { name, defaults, create } = method;
    const hasDefaults = typeof defaults === 'object' && defaults !== null;
    if (typeof name === 'string' && hasDefaults && typeof create === 'function') return;
  }
  throw new RangeError(`PolicySearch: expected method to be one of searchMethods or alike, got ${valueText(method)}`);
}

/** Those of `options` that `defaults` has too. */
function pick<Options extends object>(options: object, defaults: Options): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(defaults, name)),
  ) as Partial<Options>;
}

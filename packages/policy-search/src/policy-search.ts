import {
  CheckpointError,
  DivergenceError,
  ProgramPolicy,
  TrainingEnv,
  asVectorEnv,
  checkArguments,
  checkCheckpoint,
  checkOptions,
  checkParameters,
  learnSteps,
  naturalNumber,
  oneOf,
  openAgent,
  positiveInteger,
  rejectUnknown,
  restoreAgent,
  saveAgent,
  shownObservations,
  someOptions,
  spawnSeed,
  stateInputs,
  streams,
  valueText,
  type ActOptions,
  type ActProgram,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type CheckpointOptions,
  type DeviceOption,
  type Env,
  type EnvStatistics,
  type LearnMoreOptions,
  type LearnOptions,
  type Metrics,
  type Observation,
  type OptionCheck,
  type Policy,
  type Progress,
  type Resumption,
  type SavedParts,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import { program } from '@gradus/tensor';
import { MonteCarloUtility, monteCarloUtilityChecks } from './monte-carlo-utility.ts';
import { NetworkPolicy } from './network-policy.ts';
import {
  PolicyNetwork,
  policyNetworkChecks,
  policyNetworkDefaults,
  type PolicyNetworkOptions,
} from './policy-network.ts';
import { searchMethods, type SearchMethod } from './search-methods.ts';
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
 * What a saved agent is loaded with: an environment to go on searching in, and options that shall be others than they were. Its method need be given
 * only where it is none of `searchMethods`, and where options of the method are to change, so that their types are known.
 */
export type PolicySearchLoadOptions<Options extends object = object> = Partial<PolicySearchOptions & Options> &
  DeviceOption & { readonly env?: Env | VectorEnv | undefined; readonly method?: SearchMethod<Options> | undefined };

/**
 * An agent whose deterministic policy is found by a search of its parameters, with nothing but the returns of episodes (S4):
 *
 *     candidates θ_1 … θ_n ← ask;   Û(θ_k) = (1/m) Σ_j R(τ_kj);   tell Û(θ_1) … Û(θ_n)
 *
 * The method is any of `searchMethods`; the policy is linear or a network of tanh layers ({@link PolicyNetwork}), and episodes are played by all
 * copies of the environment side by side ({@link MonteCarloUtility}). It acts by the search's `mean`, or by its `best` where there is none.
 */
export class PolicySearch<Options extends object = object> implements Agent {
  /** The names of `searchMethods`, whose agents {@link PolicySearch.load} loads without being told the method. */
  static readonly algorithm: readonly string[] = Object.values(searchMethods).map(({ name }) => name);
  readonly algorithm: string;
  readonly options: PolicySearchOptions & Options;
  readonly search: Search;
  readonly network: PolicyNetwork;
  private readonly utility: MonteCarloUtility;
  private readonly policy: NetworkPolicy;
  private readonly training: TrainingEnv;
  private readonly parts: SavedParts;
  /** An episode, as the recorder is told of it. */
  private readonly finished = {
    numEnvs: 1,
    terminated: Uint8Array.of(1),
    truncated: Uint8Array.of(0),
    episodeReturns: new Float64Array(1),
    episodeLengths: new Int32Array(1),
  };

  /**
   * `env`: one environment, or n copies that play candidates' episodes side by side. `options`: those above and the method's; `device`: what computes
   * policies with hidden layers. Throws `RangeError` for an unknown option or a wrong one.
   */
  constructor(
    env: Env | VectorEnv,
    method: SearchMethod<Options>,
    options: Partial<PolicySearchOptions & Options> & DeviceOption = {},
  ) {
    checkMethod(method);
    const { name, defaults } = method;
    const allDefaults = { ...policySearchDefaults, ...defaults };
    rejectUnknown(name, options, { ...allDefaults, device: undefined });
    const own = pick<PolicySearchOptions>(options, policySearchDefaults);
    checkOptions<PolicySearchOptions>(name, own, checks);
    const { hidden, bias, activation, squash, seed, episodeChoice, ...played } = { ...policySearchDefaults, ...own };
    const vectorEnv = asVectorEnv(env);
    // What outlives an iteration's episodes is what wrappers learn, such as a normalization.
    this.training = new TrainingEnv(vectorEnv, seed, { ownEpisodes: true });
    this.algorithm = name;
    this.options = { ...allDefaults, ...pick<PolicySearchOptions & Options>(options, allDefaults) };
    this.network = new PolicyNetwork(vectorEnv, { hidden, bias, activation, squash });
    this.search = method.create(this.network.initialParameters(seed), pick<Options>(options, defaults));
    this.utility = new MonteCarloUtility(vectorEnv, this.network, {
      episodes: played.episodes,
      commonEpisodes: episodeChoice !== 'independent',
      normalizeObservation: played.normalizeObservation,
      maxEpisodeSteps: played.maxEpisodeSteps,
      device: options.device,
    });
    this.policy = new NetworkPolicy(this.network, () => this.parameters, this.utility.normalizer, options.device);
    this.parts = { state: { search: this.search, utility: this.utility } };
  }

  /** What it acts by, [network.dimension]. */
  get parameters(): Float64Array {
    return this.search.mean ?? this.search.best.parameters;
  }

  get step(): number {
    return this.training.recorder.step;
  }

  get statistics(): EnvStatistics {
    return this.utility.env.statistics ?? {};
  }

  /** How it acts, as a program, in which environment: `actGraph` makes a graph of it. */
  get acting(): { readonly policy: Policy; readonly env: VectorEnv } {
    const { network, parameters } = this;
    const { observationSpace, actionSpace } = network;
    const { env, normalizer } = this.utility;
    const compile = (rows: number): ActProgram =>
      program({ ...stateInputs(env, rows), key: { shape: [2], dtype: 'int32' } }, ({ observations, actionMasks }) => ({
        actions: network.bestActions(parameters, observations, actionMasks),
      }));
    return { policy: new ProgramPolicy({ observationSpace, actionSpace, compile, normalizer }), env };
  }

  /** How the search goes on in an agent that was loaded; undefined where it was not. */
  get resumed(): Resumption | undefined {
    return this.training.resumed;
  }

  /** Its policy is deterministic, with or without `deterministic`. */
  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.policy.act(shownObservations(this.utility.env, observation, options), options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(shownObservations(this.utility.env, observations, options), actions, options);
  }

  /**
   * Searches until `steps` environment steps, or `moreSteps`, were made in the candidates' episodes, or the search is finished; the last iteration is
   * completed. Yields after each iteration. Throws as `MonteCarloUtility.evaluate` does, and `DivergenceError` where the search has left the finite numbers.
   */
  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const { training, search } = this;
    const { recorder } = training;
    const steps = learnSteps(options, recorder.step);
    training.begin(steps);
    if (search.finished)
      console.warn(`learn: nothing to do, since the search is finished: ${String(search.termination)}`);
    while (recorder.step < steps && !search.finished) yield recorder.progress(this.iterate());
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
    const { finished } = this;
    const { recorder } = this.training;
    finished.episodeReturns[0] = episodeReturn;
    finished.episodeLengths[0] = length;
    // The last step is counted by `record`.
    recorder.step += length - 1;
    recorder.record(finished);
  }

  checkpoint(options?: CheckpointOptions): Checkpoint {
    return saveAgent(this, this.training, this.parts, options);
  }

  /**
   * The agent that was saved, ready to act; with an `env`, to go on searching too, as `resumed` says: exactly as if it had not been interrupted in as many
   * copies, else with other episodes. What `options` give replaces what it was made with.
   * @throws RangeError for an unknown option or a wrong one.
   * @throws CheckpointError when the checkpoint is of another method, or of one's own that was not given, or incomplete, or does not fit the environment's
   *   spaces.
   */
  static load<Options extends object = object>(
    checkpoint: Checkpoint,
    options: PolicySearchLoadOptions<Options> = {},
  ): PolicySearch<Options> {
    checkArguments('load', { options }, { options: someOptions });
    const { env, method = methodOf<Options>(checkpoint), ...given } = options;
    checkMethod(method);
    const saved = openAgent(checkpoint, method.name, env, given);
    const agent = new PolicySearch(saved.env, method, saved.options as Partial<PolicySearchOptions & Options>);
    restoreAgent(agent, agent.training, agent.parts, checkpoint);
    return agent;
  }

  /** Frees the programs. */
  dispose(): void {
    this.utility.dispose();
    this.policy.dispose();
  }
}

/** Of {@link searchMethods} that of a checkpoint. Throws `CheckpointError` where it has another one. */
function methodOf<Options extends object>(checkpoint: Checkpoint): SearchMethod<Options> {
  checkCheckpoint(checkpoint);
  const { algorithm } = checkpoint;
  const methods: readonly SearchMethod<object>[] = Object.values(searchMethods);
  const method = methods.find(({ name }) => name === algorithm);
  // Who gives no method knows nothing of its options.
  if (method !== undefined) return method as SearchMethod<Options>;
  const names = PolicySearch.algorithm.map((name) => `'${name}'`).join(', ');
  throw new CheckpointError(
    `checkpoint: expected one of the algorithms ${names}, got '${algorithm}'; a method of one's own is given: load(checkpoint, { method })`,
  );
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

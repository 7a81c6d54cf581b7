import {
  actionCounts,
  checkActionMasks,
  checkFiniteRows,
  createActions,
  readRow,
  valueText,
  type ActOptions,
  type ActionArray,
  type Policy,
  type RunningNormalizer,
  type SpaceValue,
} from '@gradus/core';
import { checkNetwork, type PolicyNetwork } from './policy-network.ts';

/** The policy of some parameters of a network: what `evaluate` of `@gradus/core` plays. */
export class NetworkPolicy implements Policy {
  private readonly network: PolicyNetwork;
  private readonly parameters: () => Float64Array;
  private readonly normalizer: RunningNormalizer | undefined;
  private readonly observation: Float32Array;
  private readonly action: ActionArray;
  /** Normalized observations. */
  private prepared = new Float32Array(0);

  /**
   * `parameters`: what is acted by, [network.dimension], asked for at every act. `normalizer`: normalizes observations, if they shall be.
   */
  constructor(network: PolicyNetwork, parameters: () => Float64Array, normalizer?: RunningNormalizer) {
    checkNetwork('NetworkPolicy', network);
    if (typeof (parameters as unknown) !== 'function') {
      throw new RangeError(`NetworkPolicy: expected parameters to be a function, got ${valueText(parameters)}`);
    }
    this.network = network;
    this.parameters = parameters;
    this.normalizer = normalizer;
    this.observation = new Float32Array(network.observationSpace.size);
    this.action = createActions(network.actionSpace, 1);
  }

  /**
   * Throws `RangeError` for an observation of another length or, of a discrete space, outside of it, and for masks of another size or without a legal
   * action.
   */
  act(observation: SpaceValue, options: ActOptions = {}): SpaceValue {
    const { observationSpace, actionSpace } = this.network;
    const length = typeof observation === 'number' ? 1 : observation.length;
    if (length !== observationSpace.size) {
      throw new RangeError(`observation has ${length} elements, expected ${observationSpace.size}`);
    }
    const problem = observationSpace.kind === 'box' ? undefined : observationSpace.problem(observation);
    if (problem !== undefined) throw new RangeError(`observation ${problem}`);
    if (typeof observation === 'number') this.observation[0] = observation;
    else this.observation.set(observation);
    this.actBatch(this.observation, this.action, options);
    return readRow(actionSpace, this.action, 0);
  }

  /** Throws `RangeError` for masks of another size or without a legal action. */
  actBatch(observations: Float32Array, actions: ActionArray, { actionMasks }: ActOptions = {}): void {
    const { network, normalizer } = this;
    const rows = observations.length / network.observationSpace.size;
    if (actionMasks !== undefined) checkActionMasks(actionMasks, actionCounts(network.actionSpace), rows);
    checkFiniteRows('observation', observations, network.observationSpace.size);
    let seen = observations;
    if (normalizer !== undefined) {
      if (this.prepared.length !== observations.length) this.prepared = new Float32Array(observations.length);
      seen = this.prepared;
      normalizer.normalize(observations, seen);
    }
    const parameters = this.parameters();
    for (let row = 0; row < rows; row++) network.writeAction(parameters, 0, seen, row, actions, actionMasks);
  }
}

import {
  actionCounts,
  checkActing,
  checkActingTogether,
  checkActionMasks,
  createActions,
  readRow,
  valueText,
  writeRow,
  type ActOptions,
  type ActionArray,
  type Observation,
  type Policy,
  type RunningNormalizer,
  type SpaceValue,
} from '@gradus/core';
import type { Device } from '@gradus/tensor';
import { NetworkPrograms } from './network-programs.ts';
import { checkNetwork, type PolicyNetwork } from './policy-network.ts';

/** The policy of some parameters of a network: what `evaluate` of `@gradus/core` plays. */
export class NetworkPolicy implements Policy {
  private readonly network: PolicyNetwork;
  private readonly parameters: () => Float64Array;
  private readonly normalizer: RunningNormalizer | undefined;
  private readonly observation: Float32Array;
  private readonly action: ActionArray;
  /** Compute what is more than a linear function. */
  private readonly programs: NetworkPrograms | undefined;
  /** Normalized observations. */
  private prepared = new Float32Array(0);

  /**
   * `parameters`: what is acted by, [network.dimension], asked for at every act. `normalizer`: normalizes observations, if they shall be. `device`: what
   * computes the network, unless it is linear; default: the default device.
   */
  constructor(network: PolicyNetwork, parameters: () => Float64Array, normalizer?: RunningNormalizer, device?: Device) {
    checkNetwork('NetworkPolicy', network);
    if (typeof (parameters as unknown) !== 'function') {
      throw new RangeError(`NetworkPolicy: expected parameters to be a function, got ${valueText(parameters)}`);
    }
    this.network = network;
    this.parameters = parameters;
    this.normalizer = normalizer;
    if (!network.isLinear) this.programs = new NetworkPrograms(network, device);
    this.observation = new Float32Array(network.observationSpace.size);
    this.action = createActions(network.actionSpace, 1);
  }

  /**
   * Throws `RangeError` for an observation of another length or, of a discrete space, outside of it, and for masks of another size or without a legal
   * action; `EnvError` for an observation that is not finite.
   */
  act(observation: Observation, options: ActOptions = {}): SpaceValue {
    const { observationSpace, actionSpace } = this.network;
    checkActing(observationSpace, observation, options);
    writeRow(observationSpace, observation, this.observation, 0);
    this.actBatch(this.observation, this.action, options);
    return readRow(actionSpace, this.action, 0);
  }

  /** Throws as `act` does, `RangeError` for arrays of another size, and `Error` where what computes the network was freed. */
  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    const { network, normalizer } = this;
    checkActingTogether(network, observations, actions, options);
    const { actionMasks } = options;
    const rows = observations.length / network.observationSpace.size;
    if (actionMasks !== undefined) checkActionMasks(actionMasks, actionCounts(network.actionSpace), rows);
    let seen = observations;
    if (normalizer !== undefined) {
      if (this.prepared.length !== observations.length) this.prepared = new Float32Array(observations.length);
      seen = this.prepared;
      normalizer.normalize(observations, seen);
    }
    const parameters = this.parameters();
    const program = this.programs?.for(1, rows);
    if (program === undefined) {
      for (let row = 0; row < rows; row++) network.writeAction(parameters, 0, seen, row, actions, actionMasks);
      return;
    }
    program.inputs.parameters.set(parameters);
    program.inputs.observations.set(seen);
    const { outputs } = program.run();
    const width = outputs.length / rows;
    for (let row = 0; row < rows; row++) network.chooseAction(outputs, row * width, row, actions, actionMasks);
  }

  /** Frees what computes the network. */
  dispose(): void {
    this.programs?.dispose();
  }
}

import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  Random,
  checkOptions,
  elementChoices,
  featureCount,
  flag,
  layerSizes,
  naturalNumber,
  observationFeatures,
  oneOf,
  policyDistribution,
  policyOutputs,
  spaceLeaves,
  valueText,
  type ActionArray,
  type ElementChoices,
  type OptionCheck,
  type Space,
  type VectorEnv,
} from '@gradus/core';
import {
  activate,
  add,
  asTensor,
  constant,
  matmul,
  mul,
  reshape,
  slice,
  tanh,
  transpose,
  variable,
  type Tensor,
  type TensorData,
} from '@gradus/tensor';

/** Options of a {@link PolicyNetwork}. */
export interface PolicyNetworkOptions {
  /** Sizes of the hidden layers. Default []: actions are linear in observations (Mania et al., 2018). */
  readonly hidden: readonly number[];
  /** Whether units have a bias. Default true; the linear policies of Mania et al. (2018) have none. */
  readonly bias: boolean;
  /** Of hidden units. Default `tanh`; `relu` is sb3-contrib's. */
  readonly activation: 'tanh' | 'relu';
  /** Whether actions of a `Box`, which then needs finite bounds, are tanh of the outputs, scaled to them, rather than cut off there. Default false. */
  readonly squash: boolean;
}

/** Those that {@link PolicyNetworkOptions} names. */
export const policyNetworkDefaults: PolicyNetworkOptions = {
  hidden: [],
  bias: true,
  activation: 'tanh',
  squash: false,
};

/** What the options of {@link PolicyNetworkOptions} must be. */
export const policyNetworkChecks: { readonly [Name in keyof PolicyNetworkOptions]: OptionCheck } = {
  hidden: layerSizes,
  bias: flag,
  activation: oneOf('tanh', 'relu'),
  squash: flag,
};

/** Numbers start ≤ i < end of an observation, and what they choose from, if they are choices. */
interface Observed {
  readonly start: number;
  readonly end: number;
  readonly choices: ElementChoices | undefined;
}

/**
 * Deterministic policies a = π_θ(s), of which θ is one flat vector: a linear function of the observation, or a network of tanh or ReLU layers. Actions of a
 * `Box` are its outputs, moved to the nearest point inside the bounds, or squashed into them; of discrete spaces those of the largest output, the first of equal ones; of
 * `MultiBinary` 1 where the output is positive.
 *
 * What it sees of observations is what `observationFeatures` of `@gradus/core` makes of them: numbers as they are, bytes divided by their upper bound,
 * choices one-hot. θ holds the layers one after the other, each unit by unit: the weights of its inputs, and its bias, if any.
 */
export class PolicyNetwork {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Length of θ. */
  readonly dimension: number;
  private readonly hasBias: boolean;
  private readonly activation: PolicyNetworkOptions['activation'];
  private readonly squashes: boolean;
  /** The features of one observation, what its numbers are divided by, and the units of each layer. */
  private readonly features: Float64Array;
  private readonly scales: Float64Array;
  private readonly layers: readonly Float64Array[];
  /** Numbers of an observation that are features as they are, or of which each is one of some choices. */
  private readonly observed: readonly Observed[];
  /** What the numbers of an action choose from, one after the other in the outputs; none for a `Box`. */
  private readonly choices: ElementChoices;

  /** `env`: whose spaces are meant. Throws `RangeError` for an unknown option or a wrong one. */
  constructor(env: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>, options: Partial<PolicyNetworkOptions> = {}) {
    checkOptions<PolicyNetworkOptions>('PolicyNetwork', options, policyNetworkChecks);
    checkSpaces(env);
    const { hidden, bias, activation, squash } = { ...policyNetworkDefaults, ...options };
    const { observationSpace, actionSpace } = env;
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    this.hasBias = bias;
    this.activation = activation;
    this.squashes = squash;
    if (squash) checkBounds(actionSpace);
    this.features = new Float64Array(featureCount(observationSpace));
    this.scales = new Float64Array(observationSpace.size).fill(1);
    for (const { space, start } of spaceLeaves(observationSpace)) {
      if (space.kind !== 'box' || space.dtype !== 'uint8') continue;
      space.high.forEach((bound, i) => (this.scales[start + i] = Math.max(bound, 1)));
    }
    this.layers = [...hidden, policyOutputs(actionSpace)].map((size) => new Float64Array(size));
    this.observed = spaceLeaves(observationSpace).map(({ space, start, end }) => {
      const isChoice = space.kind === 'discrete' || space.kind === 'multi-discrete';
      return { start, end, choices: isChoice ? elementChoices(space) : undefined };
    });
    this.choices = elementChoices(actionSpace) ?? { start: [], counts: [] };
    let inputs = this.features.length;
    this.dimension = 0;
    for (const { length } of this.layers) {
      this.dimension += length * (inputs + (bias ? 1 : 0));
      inputs = length;
    }
  }

  /**
   * θ to begin a search with: 0, but for the weights of hidden layers, which are N(0, 1 / number of inputs) by `seed`, since a network of zeros hardly
   * changes with any one of them.
   */
  initialParameters(seed: number): Float64Array {
    checkOptions('PolicyNetwork.initialParameters', { seed }, { seed: naturalNumber });
    const random = new Random(seed).fork('parameters');
    const parameters = new Float64Array(this.dimension);
    let inputs = this.features.length;
    let at = 0;
    for (const { length } of this.layers.slice(0, -1)) {
      const deviation = 1 / Math.sqrt(inputs);
      for (let unit = 0; unit < length; unit++) {
        for (let i = 0; i < inputs; i++) parameters[at + i] = deviation * random.normal();
        at += inputs + (this.hasBias ? 1 : 0);
      }
      inputs = length;
    }
    return parameters;
  }

  /**
   * Writes the action for row `row` of `observations`, [rows × observation size], into that row of `actions`, [rows × action size]. θ begins at
   * `first` in `parameters`, so that rows may be of different candidates. `masks`: [rows × number of actions], 1 where an action is legal.
   */
  writeAction(
    parameters: Float64Array,
    first: number,
    observations: Float32Array,
    row: number,
    actions: ActionArray,
    masks?: Uint8Array,
  ): void {
    this.readFeatures(observations, row);
    let inputs = this.features;
    let at = first;
    const last = this.layers.length - 1;
    const apply = this.activation === 'relu' ? (sum: number) => Math.max(sum, 0) : Math.tanh;
    for (let layer = 0; layer <= last; layer++) {
      const units = this.layers[layer];
      for (let unit = 0; unit < units.length; unit++) {
        let sum = 0;
        for (let i = 0; i < inputs.length; i++) sum += parameters[at + i] * inputs[i];
        at += inputs.length;
        if (this.hasBias) sum += parameters[at++];
        units[unit] = layer < last ? apply(sum) : sum;
      }
      inputs = units;
    }
    this.chooseAction(inputs, 0, row, actions, masks);
  }

  /** Whether there are no hidden layers: so little to compute that calling a program costs more. */
  get isLinear(): boolean {
    return this.layers.length === 1;
  }

  /**
   * The outputs of many candidates for many observations, inside a program: θ [candidates × dimension] and observations [candidates · n × observation size], n
   * for each candidate, give [candidates × n × outputs], of which {@link chooseAction} makes actions. What {@link writeAction} computes, in float32.
   */
  outputs(parameters: Tensor, observations: Tensor): Tensor {
    const [candidates] = parameters.shape;
    let inputs = this.features.length;
    let at = 0;
    let x = reshape(observationFeatures(this.observationSpace, observations), [candidates, -1, inputs]);
    const last = this.layers.length - 1;
    for (const [layer, { length: units }] of this.layers.entries()) {
      const columns = inputs + (this.hasBias ? 1 : 0);
      const rows = reshape(slice(parameters, [0, at], [candidates, units * columns]), [candidates, units, columns]);
      x = matmul(x, transpose(slice(rows, [0, 0, 0], [candidates, units, inputs])));
      if (this.hasBias) x = add(x, transpose(slice(rows, [0, 0, inputs], [candidates, units, 1])));
      if (layer < last) x = activate(x, this.activation);
      at += units * columns;
      inputs = units;
    }
    return x;
  }

  /**
   * The best actions for observations [rows × observation size], inside a program: of one θ, whose layers become variables of their own there, as networks
   * elsewhere have them. `masks`: bool [rows × number of actions]. What {@link writeAction} computes, in float32, but that actions of a `Box` are not cut off.
   */
  bestActions(parameters: Float64Array, observations: Tensor, masks?: Tensor): Tensor {
    const { actionSpace, hasBias } = this;
    let x = observationFeatures(this.observationSpace, observations);
    let inputs = this.features.length;
    let at = 0;
    for (const [layer, { length: units }] of this.layers.entries()) {
      const columns = inputs + (hasBias ? 1 : 0);
      const numbers = (rows: number, place: (row: number, unit: number) => number): Float32Array =>
        Float32Array.from({ length: rows * units }, (_, i) => parameters[at + place(Math.floor(i / units), i % units)]);
      const weight = numbers(inputs, (row, unit) => unit * columns + row);
      x = matmul(x, asTensor(variable([inputs, units], weight, { name: `layers.${layer}.weight` })));
      if (hasBias) {
        const bias = numbers(1, (_, unit) => unit * columns + inputs);
        x = add(x, asTensor(variable([units], bias, { name: `layers.${layer}.bias` })));
      }
      if (layer < this.layers.length - 1) x = activate(x, this.activation);
      at += units * columns;
      inputs = units;
    }
    if (actionSpace.kind === 'box' && this.squashes) {
      const { low, high, size } = actionSpace;
      const half = constant(
        [size],
        high.map((bound, i) => (bound - low[i]) / 2),
      );
      return add(constant([size], low), mul(add(tanh(x), 1), half));
    }
    return policyDistribution(
      actionSpace,
      x,
      constant([actionSpace.size], new Float32Array(actionSpace.size)),
      masks,
    ).mode();
  }

  private readFeatures(observations: Float32Array, row: number): void {
    const { features, scales, observationSpace } = this;
    const first = row * observationSpace.size;
    features.fill(0);
    let next = 0;
    for (const { start, end, choices } of this.observed) {
      for (let k = start; k < end; k++) {
        const value = observations[first + k];
        if (choices === undefined) features[next++] = value / scales[k];
        else {
          features[next + value - choices.start[k - start]] = 1;
          next += choices.counts[k - start];
        }
      }
    }
  }

  /** Writes the action that the network's outputs, which begin at `first` in `outputs`, stand for into row `row` of `actions`, as {@link writeAction} does. */
  chooseAction(
    outputs: Float64Array | TensorData,
    first: number,
    row: number,
    actions: ActionArray,
    masks?: Uint8Array,
  ): void {
    const { actionSpace, choices } = this;
    const { counts } = choices;
    const count = this.layers[this.layers.length - 1].length;
    const start = row * actionSpace.size;
    if (actionSpace.kind === 'box') {
      const { low, high, size } = actionSpace;
      for (let i = 0; i < size; i++) {
        // −1 … 1 to low … high.
        const output = this.squashes
          ? low[i] + ((Math.tanh(outputs[first + i]) + 1) / 2) * (high[i] - low[i])
          : outputs[first + i];
        actions[start + i] = output < low[i] ? low[i] : output > high[i] ? high[i] : output;
      }
      return;
    }
    if (actionSpace.kind === 'multi-binary') {
      for (let i = 0; i < count; i++) actions[start + i] = outputs[first + i] > 0 ? 1 : 0;
      return;
    }
    let offset = 0;
    for (let i = 0; i < counts.length; i++) {
      let best = -1;
      for (let j = offset; j < offset + counts[i]; j++) {
        if (masks?.[row * count + j] === 0) continue;
        if (best === -1 || outputs[first + j] > outputs[first + best]) best = j;
      }
      actions[start + i] = choices.start[i] + best - offset;
      offset += counts[i];
    }
  }
}

function checkBounds(space: Space): void {
  if (space.kind === 'box' && [...space.low, ...space.high].every(Number.isFinite)) return;
  throw new RangeError(`squash: expected actions of a Box with finite bounds, got ${space.toString()}`);
}

function checkSpaces(env: unknown): void {
  const isObject = typeof env === 'object' && env !== null;
  if (isObject && 'observationSpace' in env && 'actionSpace' in env) {
    if ([env.observationSpace, env.actionSpace].every(isSpace)) return;
  }
  throw new RangeError(
    `PolicyNetwork: expected an environment with its two spaces, got ${isObject ? 'another object' : valueText(env)}`,
  );
}

function isSpace(value: unknown): boolean {
  return [Box, Discrete, MultiDiscrete, MultiBinary, Dict].some((constructor) => value instanceof constructor);
}

/** Throws `RangeError` unless `network` is one. `subject` begins the message. */
export function checkNetwork(subject: string, network: unknown): void {
  if (network instanceof PolicyNetwork) return;
  throw new RangeError(`${subject}: expected network to be a PolicyNetwork, got ${valueText(network)}`);
}

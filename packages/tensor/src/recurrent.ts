import { checkArguments, positiveInteger } from './check-options.ts';
import { isRandomSource, uniform, type Initializer, type RandomSource } from './initializers.ts';
import { parameter, type Parameters } from './modules.ts';
import { asTensor } from './ops/constant.ts';
import { add, mul, sigmoid, sub, tanh } from './ops/map.ts';
import { matmul } from './ops/matmul.ts';
import { concat, slice, split, squeeze, stack } from './ops/shape.ts';
import { shapeText } from './shape.ts';
import { type Tensor, type TensorLike } from './tensor.ts';
import type { Variable } from './variable.ts';

/** What a recurrent layer makes of sequences. */
export interface Unrolled {
  /** h of every step, [batch, time, hidden]. */
  readonly outputs: Tensor;
  /** What it remembers after the last step, [batch, stateSize]. */
  readonly state: Tensor;
}

/** A layer that goes through sequences step by step, and remembers. */
export interface RecurrentLayer {
  /**
   * Goes through `x`, [batch, time, input], from what it remembers, `state`, [batch, stateSize]: zeros at first. Where `starts`,
   * float32 [batch, time], is 1, a new sequence begins with that step, and what came before is forgotten; by default nowhere. Gradients
   * flow through all steps.
   *
   * The loop is unrolled when the program is traced: its size grows with `time`.
   * @throws RangeError when shapes do not fit.
   */
  (x: TensorLike, state: TensorLike, starts?: TensorLike): Unrolled;
  readonly parameters: Parameters;
  /** Numbers that it remembers of each sequence. */
  readonly stateSize: number;
}

/** Options of {@link lstm} and {@link gru}. */
export interface RecurrentOptions {
  /** Size of the last axis of the input. */
  readonly input: number;
  /** Size of h. */
  readonly hidden: number;
  readonly random: RandomSource;
}

function checked(name: string, options: RecurrentOptions): RecurrentOptions {
  checkArguments(name, options, { input: positiveInteger, hidden: positiveInteger, random: isRandomSource });
  return options;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers et al., 2000), as PyTorch has it:
 *
 *     i, f, g, o = x W + h U + b                        in this order, along the last axis
 *     c ← σ(f) ⊙ c + σ(i) ⊙ tanh(g)
 *     h ← σ(o) ⊙ tanh(c)
 *
 * Its state is h, then c: 2 × hidden numbers. Parameters `weight` W [input, 4 hidden], `hiddenWeight` U [hidden, 4 hidden] and `bias` b
 * [4 hidden], the sum of PyTorch's two; uniform in ±1/√hidden at first (PyTorch).
 */
export function lstm(options: RecurrentOptions): RecurrentLayer {
  const { input, hidden, random } = checked('lstm', options);
  const uniform = uniformBy(hidden);
  const weight = parameter('weight', [input, 4 * hidden], uniform, random);
  const hiddenWeight = parameter('hiddenWeight', [hidden, 4 * hidden], uniform, random);
  const bias = parameter('bias', [4 * hidden], uniform, random);
  return recurrent({ weight, hiddenWeight, bias }, 2, (x, [h, c]) => {
    const [i, f, g, o] = split(add(x, matmul(h, hiddenWeight)), 4);
    const cell = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  });
}

/**
 * Gated recurrent unit (Cho et al., 2014), as PyTorch has it: the reset gate r acts after the product with U.
 *
 *     r, z, n = x W + b,   r′, z′, n′ = h U             in this order, along the last axis
 *     h ← (1 − σ(z + z′)) ⊙ tanh(n + σ(r + r′) ⊙ (n′ + b′)) + σ(z + z′) ⊙ h
 *
 * Its state is h. Parameters `weight` W [input, 3 hidden], `hiddenWeight` U [hidden, 3 hidden], `bias` b [3 hidden] and `hiddenBias` b′
 * [hidden] (of r and z, PyTorch's two biases are one here); uniform in ±1/√hidden at first (PyTorch).
 */
export function gru(options: RecurrentOptions): RecurrentLayer {
  const { input, hidden, random } = checked('gru', options);
  const uniform = uniformBy(hidden);
  const weight = parameter('weight', [input, 3 * hidden], uniform, random);
  const hiddenWeight = parameter('hiddenWeight', [hidden, 3 * hidden], uniform, random);
  const bias = parameter('bias', [3 * hidden], uniform, random);
  const hiddenBias = parameter('hiddenBias', [hidden], uniform, random);
  return recurrent({ weight, hiddenWeight, bias, hiddenBias }, 1, (x, [h]) => {
    const [r, z, n] = split(x, 3);
    const [hiddenR, hiddenZ, hiddenN] = split(matmul(h, hiddenWeight), 3);
    const candidate = tanh(add(n, mul(sigmoid(add(r, hiddenR)), add(hiddenN, hiddenBias))));
    return [add(candidate, mul(sigmoid(add(z, hiddenZ)), sub(h, candidate)))];
  });
}

/** The weights that all cells have. */
type RecurrentParameters = Parameters & Readonly<Record<'weight' | 'hiddenWeight' | 'bias', Variable>>;

/** One step: from x W + b, [batch, gates], and the parts of the state to its new parts, each [batch, hidden], h first. */
type Cell = (x: Tensor, state: readonly Tensor[]) => readonly Tensor[];

function recurrent(parameters: RecurrentParameters, parts: number, cell: Cell): RecurrentLayer {
  const { weight, hiddenWeight, bias } = parameters;
  const stateSize = parts * hiddenWeight.shape[0];
  const apply = (sequences: TensorLike, initial: TensorLike, starts?: TensorLike): Unrolled => {
    const x = asTensor(sequences, 'float32', 'recurrent layer');
    const [batch, time] = x.shape;
    if (x.shape.length !== 3 || x.shape[2] !== weight.shape[0]) {
      throw new RangeError(
        `recurrent layer: expected x of shape [batch, time, ${weight.shape[0]}], got ${shapeText(x.shape)}`,
      );
    }
    expectShape('state', initial, [batch, stateSize]);
    if (starts !== undefined) expectShape('starts', starts, [batch, time]);
    // What does not depend on h is computed for all steps at once.
    const projected = add(matmul(x, weight), bias);
    const keep = starts === undefined ? undefined : sub(1, starts);
    let state: readonly Tensor[] = split(initial, parts);
    const outputs: Tensor[] = [];
    for (let step = 0; step < time; step++) {
      if (keep !== undefined) {
        const kept = slice(keep, [0, step], [batch, 1]);
        state = state.map((part) => mul(part, kept));
      }
      state = cell(squeeze(slice(projected, [0, step, 0], [batch, 1, -1]), 1), state);
      outputs.push(state[0]);
    }
    return { outputs: stack(outputs, 1), state: concat(state) };
  };
  return Object.assign(apply, { parameters, stateSize });
}

function uniformBy(hidden: number): Initializer {
  const bound = 1 / Math.sqrt(hidden);
  return (shape, random) => uniform('recurrent layer', shape, bound, random);
}

function expectShape(name: string, value: TensorLike, shape: readonly number[]): void {
  const tensor = asTensor(value, 'float32', 'recurrent layer');
  if (tensor.shape.join() === shape.join()) return;
  throw new RangeError(
    `recurrent layer: expected ${name} of shape ${shapeText(shape)}, got ${shapeText(tensor.shape)}`,
  );
}

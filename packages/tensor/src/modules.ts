import {
  anyValue,
  checkArguments,
  layerSizes,
  oneOf,
  optional,
  positiveInteger,
  type OptionCheck,
} from './check-options.ts';
import { checkMemory } from './memory.ts';
import {
  isRandomSource,
  fanInUniform,
  glorotUniform,
  heUniform,
  normalInitializer,
  orthogonal,
  zeros,
  type Initializer,
  type RandomSource,
} from './initializers.ts';
import { conv2d, convolutionChecks, type Conv2dOptions } from './ops/conv.ts';
import { embedding } from './ops/index-ops.ts';
import { add, gelu, relu, sigmoid, silu, softplus, tanh } from './ops/map.ts';
import { matmul } from './ops/matmul.ts';
import { layerNorm, rmsNorm } from './ops/norm.ts';
import { asTensor, isFunction } from './ops/constant.ts';
import { reshape } from './ops/shape.ts';
import { checkShape, shapeText, sizeOf, type Shape } from './shape.ts';
import { Trace, withTrace, type Tensor, type TensorLike } from './tensor.ts';
import { Variable, isName, isParameters } from './variable.ts';

/** Named variables: what is trained, saved and copied. */
export type Parameters = Readonly<Record<string, Variable>>;

/** What a layer computes and with which parameters, for those who translate modules into another library's. */
export type Layer =
  | {
      readonly kind: 'linear';
      readonly weight: Variable;
      readonly bias: Variable | undefined;
      readonly activation: Activation;
    }
  | {
      readonly kind: 'convolution';
      readonly weight: Variable;
      readonly bias: Variable;
      readonly activation: Activation;
      readonly stride: number;
      readonly padding: 'valid' | 'same';
    }
  | { readonly kind: 'flatten' };

/** A function of a tensor with parameters. */
export interface Module {
  (x: TensorLike): Tensor;
  readonly parameters: Parameters;
  /** The layers that it applies one after another; absent where it is not just a stack of such layers. */
  readonly layers?: readonly Layer[];
}

/** Functions that layers can end with. */
export type Activation = 'linear' | 'relu' | 'tanh' | 'sigmoid' | 'gelu' | 'silu' | 'softplus';

const activations: Readonly<Record<Activation, (x: TensorLike) => Tensor>> = {
  linear: (x) => asTensor(x),
  relu,
  tanh,
  sigmoid,
  gelu,
  silu,
  softplus,
};

/** Names of the activations. */
export const activationNames: readonly Activation[] = Object.keys(activations) as Activation[];

const isActivation = oneOf(...activationNames);

/** Applies an activation by name. @throws RangeError for an unknown name. */
export function activate(x: TensorLike, activation: Activation): Tensor {
  checkArguments('activate', { activation }, { activation: isActivation });
  return activations[activation](asTensor(x, 'float32', 'activate'));
}

/** Initializers by name; `orthogonal` has gain 1. */
export type InitializerName = 'orthogonal' | 'glorot' | 'he' | 'fanIn' | 'zeros';

const initializers: Readonly<Record<InitializerName, Initializer>> = {
  orthogonal: orthogonal(),
  glorot: glorotUniform,
  he: heUniform,
  fanIn: fanInUniform,
  zeros,
};

const isInitializer: OptionCheck = {
  expected: `an initializer or one of ${Object.keys(initializers).join(', ')}`,
  accepts: (value) => typeof value === 'function' || (typeof value === 'string' && Object.hasOwn(initializers, value)),
};

function initializerOf(choice: Initializer | InitializerName): Initializer {
  return typeof choice === 'string' ? initializers[choice] : choice;
}

/** A module from a function and its parameters. */
export function module(parameters: Parameters, apply: (x: TensorLike) => Tensor, layers?: readonly Layer[]): Module {
  checkArguments(
    'module',
    { parameters, apply, layers },
    { parameters: isParameters, apply: isFunction, layers: anyValue },
  );
  return Object.assign((x: TensorLike) => apply(x), { parameters }, layers && { layers });
}

/**
 * The shape of what a module, or another function of a tensor, makes of a float32 input of shape `input`: it is traced alone, and nothing is computed.
 * Throws what its operations throw.
 */
export function outputShape(apply: (x: TensorLike) => Tensor, input: Shape): Shape {
  checkArguments('outputShape', { apply }, { apply: isFunction });
  checkShape('outputShape', input);
  const trace = new Trace();
  return withTrace(trace, () => {
    const x = trace.fresh('input', [], input, 'float32', { name: 'x' });
    return asTensor(apply(x), 'float32', 'outputShape').shape;
  });
}

/** Options of {@link linear}. */
export interface LinearOptions {
  readonly input: number;
  readonly output: number;
  /** Default: `fanIn`, PyTorch's. */
  readonly weight?: Initializer | InitializerName;
  /** `false` for none. Default: zeros. */
  readonly bias?: Initializer | InitializerName | false;
  /** Default `linear`. */
  readonly activation?: Activation;
  /** For parameter names. */
  readonly name?: string;
  readonly random: RandomSource;
}

/** activation(x W + b): […, input] → […, output]. Parameters `weight` [input, output] and `bias` [output]. */
export function linear(options: LinearOptions): Module {
  checkArguments('linear', options, {
    input: positiveInteger,
    output: positiveInteger,
    weight: optional(isInitializer),
    bias: optional({
      expected: `${isInitializer.expected}, or false`,
      accepts: (value) => value === false || isInitializer.accepts(value),
    }),
    activation: optional(isActivation),
    name: optional(isName),
    random: isRandomSource,
  });
  const { input, output, random } = options;
  const prefix = options.name === undefined ? '' : `${options.name}.`;
  const weight = parameter(`${prefix}weight`, [input, output], options.weight ?? 'fanIn', random);
  const parameters: Record<string, Variable> = { weight };
  if (options.bias !== false) {
    // PyTorch draws a bias by the fan-in of its weights: give the initializer a column of them.
    const initialize = initializerOf(options.bias ?? 'zeros');
    const column = Float32Array.from({ length: output }, () => initialize([input, 1], random)[0]);
    parameters.bias = new Variable([output], column, { name: `${prefix}bias` });
  }
  const { bias } = parameters as { bias?: Variable };
  const activation = options.activation ?? 'linear';
  const apply = (x: TensorLike): Tensor => {
    const product = matmul(x, weight);
    return activate(bias === undefined ? product : add(product, bias), activation);
  };
  return module(parameters, apply, [{ kind: 'linear', weight, bias, activation }]);
}

/** A named variable with initial values. */
export function parameter(
  name: string,
  shape: Shape,
  initializer: Initializer | InitializerName,
  random: RandomSource,
): Variable {
  checkArguments(
    'parameter',
    { name, initializer, random },
    {
      name: isName,
      initializer: isInitializer,
      random: isRandomSource,
    },
  );
  const subject = `parameter '${name}'`;
  checkShape(subject, shape);
  checkMemory(`${subject} of shape ${shapeText(shape)}`, 4 * sizeOf(shape));
  return new Variable(shape, initializerOf(initializer)(shape, random), { name });
}

/** Options of {@link mlp}. */
export interface MlpOptions {
  /** Size of the last axis of the input. */
  readonly input: number;
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly output: number;
  /** After hidden layers. */
  readonly activation: Activation;
  /** After the last layer. Default `linear`. */
  readonly outputActivation?: Activation;
  /** Of the hidden layers. Default: `fanIn`, PyTorch's. */
  readonly weight?: Initializer | InitializerName;
  /** Of the last layer. Default: that of the hidden layers. */
  readonly outputWeight?: Initializer | InitializerName;
  /** Default: zeros. */
  readonly bias?: Initializer | InitializerName;
  readonly random: RandomSource;
}

/** A multilayer perceptron: […, input] → […, output]. Parameters `0.weight`, `0.bias`, `1.weight`, … */
export function mlp(options: MlpOptions): Module {
  checkArguments('mlp', options, {
    input: positiveInteger,
    hidden: layerSizes,
    output: positiveInteger,
    activation: isActivation,
    outputActivation: optional(isActivation),
    weight: optional(isInitializer),
    outputWeight: optional(isInitializer),
    bias: optional(isInitializer),
    random: isRandomSource,
  });
  const sizes = [options.input, ...options.hidden, options.output];
  const layers = sizes.slice(1).map((output, i) => {
    const isLast = i === sizes.length - 2;
    return linear({
      input: sizes[i],
      output,
      weight: (isLast ? options.outputWeight : undefined) ?? options.weight ?? 'fanIn',
      bias: options.bias ?? 'zeros',
      activation: isLast ? (options.outputActivation ?? 'linear') : options.activation,
      name: String(i),
      random: options.random,
    });
  });
  return sequential(layers);
}

/** One module after another; parameters are prefixed with the position, `0.`, `1.`, … */
export function sequential(modules: readonly ((x: TensorLike) => Tensor)[]): Module {
  checkArguments(
    'sequential',
    { modules },
    {
      modules: {
        expected: 'a list of modules and functions',
        accepts: (value) => Array.isArray(value) && value.every(isFunction.accepts),
      },
    },
  );
  const named = modules.map((each, i) => [String(i), 'parameters' in each ? (each as Module).parameters : {}] as const);
  const known = modules.map((each) => ('layers' in each ? (each as Module).layers : undefined));
  const layers = known.every((each) => each !== undefined) ? known.flat() : undefined;
  const apply = (x: TensorLike): Tensor =>
    modules.reduce<Tensor>((value, layer) => layer(value), asTensor(x, 'float32', 'sequential'));
  return module(joinParameters(Object.fromEntries(named)), apply, layers);
}

const isGroups: OptionCheck = {
  expected: 'records of variables by name',
  accepts: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((group) => isParameters.accepts(group)),
};

/** One record from several: `{ actor: { weight } }` becomes `{ 'actor.weight' }`. */
export function joinParameters(groups: Readonly<Record<string, Parameters>>): Parameters {
  const joined: Record<string, Variable> = {};
  checkArguments('joinParameters', { groups }, { groups: isGroups });
  for (const [group, parameters] of Object.entries(groups)) {
    for (const [name, variable] of Object.entries(parameters)) joined[`${group}.${name}`] = variable;
  }
  return joined;
}

/** Options of {@link convolution}. */
export interface ConvolutionOptions extends Conv2dOptions {
  /** Channels of the image and of the result. */
  readonly input: number;
  readonly output: number;
  /** Rows and columns of the window. */
  readonly kernel: number;
  /** Default: `fanIn`, PyTorch's. */
  readonly weight?: Initializer | InitializerName;
  readonly activation?: Activation;
  readonly random: RandomSource;
}

/** activation(conv2d(x, W) + b) on NHWC images. Parameters `weight` [kernel, kernel, input, output] and `bias` [output]. */
export function convolution(options: ConvolutionOptions): Module {
  checkArguments('convolution', options, {
    ...convolutionChecks,
    input: positiveInteger,
    output: positiveInteger,
    kernel: positiveInteger,
    weight: optional(isInitializer),
    activation: optional(isActivation),
    random: isRandomSource,
  });
  const { input, output, kernel, random } = options;
  const weight = parameter('weight', [kernel, kernel, input, output], options.weight ?? 'fanIn', random);
  const bias = new Variable([output], undefined, { name: 'bias' });
  const { activation = 'linear', stride = 1, padding = 'valid' } = options;
  const apply = (x: TensorLike): Tensor => activate(add(conv2d(x, weight, { stride, padding }), bias), activation);
  return module({ weight, bias }, apply, [{ kind: 'convolution', weight, bias, activation, stride, padding }]);
}

/** A table of vectors by number: int32 […] → […, width]. Parameter `weight` [rows, width], normal with deviation 1 by default. */
export function embeddingTable(options: {
  readonly rows: number;
  readonly width: number;
  readonly weight?: Initializer;
  readonly random: RandomSource;
}): Module {
  checkArguments('embeddingTable', options, {
    rows: positiveInteger,
    width: positiveInteger,
    weight: optional(isInitializer),
    random: isRandomSource,
  });
  const { rows, width, random } = options;
  const weight = parameter('weight', [rows, width], options.weight ?? normalInitializer(1), random);
  return module({ weight }, (index) => embedding(weight, index));
}

/** A scale that changes nothing at first. */
function ones(module: string, width: number): Variable {
  checkArguments(module, { width }, { width: positiveInteger });
  const scale = new Variable([width], undefined, { name: 'scale' });
  scale.write(scale.read().fill(1));
  return scale;
}

/** {@link layerNorm} with parameters `scale` (ones) and `shift` (zeros) of the given width. */
export function layerNormalization(width: number): Module {
  const scale = ones('layerNormalization', width);
  const shift = new Variable([width], undefined, { name: 'shift' });
  return module({ scale, shift }, (x) => layerNorm(x, { scale, shift }));
}

/** {@link rmsNorm} with parameter `scale` (ones) of the given width. */
export function rmsNormalization(width: number): Module {
  const scale = ones('rmsNormalization', width);
  return module({ scale }, (x) => rmsNorm(x, { scale }));
}

/** Joins the axes after the first: [batch, …] → [batch, size]. */
export const flatten: Module = module(
  {},
  (x) => {
    const tensor = asTensor(x, 'float32', 'flatten');
    if (tensor.shape.length === 0) throw new RangeError('flatten: expected at least one axis, got a scalar');
    return reshape(tensor, [tensor.shape[0], -1]);
  },
  [{ kind: 'flatten' }],
);

/**
 * Copies parameters: `target ← source`, outside of programs.
 * @throws RangeError when names or shapes differ, or a variable is in both.
 */
export function copyParameters(source: Parameters, target: Parameters): void {
  for (const [name, from, to] of pairs('copyParameters', source, target)) {
    if (from.shape.join() !== to.shape.join()) {
      throw new RangeError(
        `copyParameters: '${name}' is ${shapeText(from.shape)} in the source and ${shapeText(to.shape)} in the target`,
      );
    }
    to.write(from.view());
  }
}

/** Parameters of two records by name. @throws RangeError when names differ, or a variable is in both. */
export function pairs(
  operation: string,
  source: Parameters,
  target: Parameters,
): [name: string, from: Variable, to: Variable][] {
  checkArguments(operation, { source, target }, { source: isParameters, target: isParameters });
  const names = Object.keys(source);
  const different = [
    ...names.filter((name) => !Object.hasOwn(target, name)),
    ...Object.keys(target).filter((name) => !Object.hasOwn(source, name)),
  ];
  if (different.length > 0) throw new RangeError(`parameters differ: ${different.join(', ')} are in one record only`);
  const same = names.find((name) => source[name] === target[name]);
  if (same !== undefined) throw new RangeError(`${operation}: '${same}' is one variable, in both records`);
  return names.map((name) => [name, source[name], target[name]]);
}

/** Gives the memory of parameters back. */
export function disposeParameters(parameters: Parameters): void {
  checkArguments('disposeParameters', { parameters }, { parameters: isParameters });
  for (const variable of Object.values(parameters)) variable.dispose();
}

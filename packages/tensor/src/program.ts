import type { Device, Graph } from './device/device.ts';
import { defaultDevice } from './device/default-device.ts';
import { isDevice } from './device/is-device.ts';
import { LazyDevice } from './device/lazy-device.ts';
import { anyValue, checkArguments, finiteNumber, optional, valueText, type OptionCheck } from './check-options.ts';
import { asTensor, isFunction, isTensor } from './ops/constant.ts';
import { cast } from './ops/cast.ts';
import { primitiveOf } from './primitive.ts';
import { isDType, type DType, type TensorData } from './dtype.ts';
import { checkShape, type Shape } from './shape.ts';
import { Trace, withTrace, type Tensor, type TensorLike } from './tensor.ts';
import type { Variable } from './variable.ts';

/** What an input looks like: a shape (float32), or a shape, a dtype, and what its elements are until they are written (default 0). */
export type InputSpec = Shape | { readonly shape: Shape; readonly dtype: DType; readonly initial?: number };

/** Options of {@link program} and {@link evaluate}. */
export interface ProgramOptions {
  /** Default: `defaultDevice()`. */
  readonly device?: Device;
}

/** A compiled function: write its inputs, run it, read its outputs. */
export interface Program<Inputs, Outputs> {
  readonly device: Device;
  /** The program's own memory, by input: write into it. It keeps its values from run to run. */
  readonly inputs: { readonly [Name in keyof Inputs]: TensorData };
  /** Memory of the outputs of the last run. The next run overwrites it. */
  readonly outputs: { readonly [Name in keyof Outputs]: TensorData };
  /**
   * Runs the program and returns `outputs`.
   * @throws RangeError when an index that an operation reads is out of range.
   */
  run(): { readonly [Name in keyof Outputs]: TensorData };
  /** Gives its memory back. A program that is merely dropped gives it back when it is garbage-collected. */
  dispose(): void;
}

/**
 * Traces `build` once and compiles what it did. Shapes are fixed: make one program per batch size.
 *
 * ```ts
 * const w = variable([3], [1, 2, 3]);
 * const dot = program({ x: [3] }, ({ x }) => ({ y: sum(mul(w, x)) }));
 * dot.inputs.x.set([1, 1, 1]);
 * dot.run().y[0]; // 6
 * ```
 * @throws RangeError when it would take more memory than the device has, naming how much.
 * @throws Error what the operations throw, at once: shapes are checked while tracing.
 */
export function program<Inputs extends Record<string, InputSpec>, Outputs extends Record<string, TensorLike>>(
  inputs: Inputs,
  build: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Outputs,
  options: ProgramOptions = {},
): Program<Inputs, Outputs> {
  checkArguments('program', { inputs, build }, { inputs: isRecord, build: isFunction });
  checkArguments('program', options, { device: optional(isDevice) });
  if (traced !== undefined) {
    traced.push(trace(inputs, build));
    return lazily(() => {
      throw new Error('program: this one was made to be traced, and does not run');
    });
  }
  const device = options.device ?? defaultDevice();
  return device instanceof LazyDevice
    ? lazily(() => compile(inputs, build, device.device))
    : compile(inputs, build, device);
}

/** Where {@link traceProgram} gathers programs instead of having them compiled. */
let traced: Graph[] | undefined;

/**
 * What a program computes, as a graph to be translated into another format; nothing is compiled, and no memory is taken.
 *
 * ```ts
 * const { nodes, outputs } = traceProgram(() => program({ x: [2] }, ({ x }) => ({ y: exp(x) })));
 * ```
 * @param make makes one program.
 * @throws RangeError when it makes none or several.
 */
export function traceProgram(make: () => unknown): Graph {
  checkArguments('traceProgram', { make }, { make: isFunction });
  const [before, graphs]: [Graph[] | undefined, Graph[]] = [traced, []];
  traced = graphs;
  try {
    make();
  } finally {
    traced = before;
  }
  if (graphs.length === 1) return graphs[0];
  throw new RangeError(`traceProgram: expected a function that makes one program, got one that makes ${graphs.length}`);
}

function trace<Inputs extends Record<string, InputSpec>>(
  inputs: Inputs,
  build: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Record<string, TensorLike>,
): Graph {
  const record = new Trace();
  return withTrace(record, () => {
    const nodes = new Map(Object.entries(inputs).map(([name, spec]) => [name, inputNode(record, name, spec)]));
    const tensors = [...nodes].map(([name, node]) => [name, valueOf(node, inputs[name])] as const);
    const outputs = build(Object.fromEntries(tensors) as { [Name in keyof Inputs]: Tensor });
    checkArguments('program', { outputs }, { outputs: isRecord });
    return graphOf(record, nodes, outputs);
  });
}

function compile<Inputs extends Record<string, InputSpec>, Outputs extends Record<string, TensorLike>>(
  inputs: Inputs,
  build: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Outputs,
  device: Device,
): Program<Inputs, Outputs> {
  const graph = trace(inputs, build);
  const executable = device.compile(graph);
  for (const [name, spec] of Object.entries(inputs)) {
    if ('initial' in spec && spec.initial !== undefined) executable.input(name).fill(spec.initial);
  }
  const outputViews = views([...graph.outputs.keys()], (name) => executable.output(name));
  return {
    device,
    inputs: views([...graph.inputs.keys()], (name) => executable.input(name)) as Program<Inputs, Outputs>['inputs'],
    outputs: outputViews as Program<Inputs, Outputs>['outputs'],
    run: () => {
      executable.run();
      return outputViews as Program<Inputs, Outputs>['outputs'];
    },
    dispose: () => {
      executable.dispose();
    },
  };
}

/** A program that is compiled when it is first used. */
function lazily<Inputs, Outputs>(compile: () => Program<Inputs, Outputs>): Program<Inputs, Outputs> {
  let made: Program<Inputs, Outputs> | undefined;
  let isDisposed = false;
  const use = (): Program<Inputs, Outputs> => {
    if (isDisposed) throw new Error('this program was disposed');
    return (made ??= compile());
  };
  return {
    get device() {
      return use().device;
    },
    get inputs() {
      return use().inputs;
    },
    get outputs() {
      return use().outputs;
    },
    run: () => use().run(),
    dispose: () => {
      isDisposed = true;
      made?.dispose();
    },
  };
}

/** The result of {@link evaluate} for what `build` returned. */
export type Evaluated<T> = T extends Tensor ? TensorData : { readonly [Name in keyof T]: TensorData };

/**
 * Computes something once, for tests and explanations: traces, compiles, runs, and copies the result.
 *
 * ```ts
 * evaluate(() => softmax(constant([2], [0, 0]))); // Float32Array [0.5, 0.5]
 * ```
 */
export function evaluate<T extends Tensor | Record<string, TensorLike>>(
  build: () => T,
  options: ProgramOptions = {},
): Evaluated<T> {
  checkArguments('evaluate', { build }, { build: isFunction });
  let single = false;
  const once = program(
    {},
    () => {
      const result = build();
      single = isTensor(result);
      return (single ? { result } : result) as Record<string, TensorLike>;
    },
    options,
  );
  const outputs = Object.entries(once.run()).map(([name, data]) => [name, data.slice()] as const);
  once.dispose();
  return (single ? outputs[0][1] : Object.fromEntries(outputs)) as Evaluated<T>;
}

const isRecord: OptionCheck = {
  expected: 'an object of named values',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && !isTensor(value),
};

function dtypeOf(spec: InputSpec): DType {
  return 'dtype' in spec ? spec.dtype : 'float32';
}

/** The memory of an input. Bools are read as integers, for whatever was written there: see {@link valueOf}. */
function inputNode(trace: Trace, name: string, spec: InputSpec): Tensor {
  const subject = `input '${name}'`;
  if (typeof spec !== 'object' || (spec as InputSpec | null) === null) {
    throw new RangeError(`${subject}: expected a shape, or a shape and a dtype, got ${valueText(spec)}`);
  }
  if (!Array.isArray(spec))
    checkArguments(subject, spec as object, { shape: anyValue, dtype: isDType, initial: optional(finiteNumber) });
  const shape = 'dtype' in spec ? spec.shape : spec;
  checkShape(subject, shape);
  const dtype = dtypeOf(spec);
  return trace.fresh('input', [], [...shape], dtype === 'bool' ? 'int32' : dtype, { name });
}

/** The tensor that an input is to the program. */
function valueOf(node: Tensor, spec: InputSpec): Tensor {
  return cast(node, dtypeOf(spec));
}

/** What is needed of a trace: everything that outputs and assignments depend on. */
function graphOf(trace: Trace, inputs: Map<string, Tensor>, outputs: Record<string, TensorLike>): Graph {
  const results = new Map(
    Object.entries(outputs).map(([name, value]) => [name, asTensor(value, 'float32', `output '${name}'`)]),
  );
  const assignments = new Map<Variable, Tensor>();
  for (const [variable, value] of trace.present) {
    if (value !== trace.initial.get(variable)) assignments.set(variable, value);
  }
  const live = new Set<Tensor>([...results.values(), ...assignments.values()]);
  // Inputs come before their users, so one pass from the end finds all that is needed, however deep.
  for (const node of trace.nodes.toReversed()) {
    if (!live.has(node)) continue;
    // A view has one input; what else it names is for its gradient.
    const used = primitiveOf(node).kind === 'view' ? node.inputs.slice(0, 1) : node.inputs;
    for (const input of used) live.add(input);
  }
  const variables = new Map(
    [...trace.initial].filter(([variable, node]) => live.has(node) || assignments.has(variable)),
  );
  for (const node of variables.values()) live.add(node);
  const nodes = trace.nodes.filter((node) => live.has(node));
  return { trace, nodes, inputs, outputs: results, variables, assignments };
}

/** An object whose properties are views of memory, fetched anew when the memory has moved (a grown wasm memory detaches its views). */
function views(names: readonly string[], fetch: (name: string) => TensorData): Record<string, TensorData> {
  const result: Record<string, TensorData> = {};
  for (const name of names) {
    let view: TensorData | undefined;
    Object.defineProperty(result, name, {
      enumerable: true,
      get: (): TensorData => {
        if (view === undefined || view.length === 0) view = fetch(name);
        return view;
      },
    });
  }
  return result;
}

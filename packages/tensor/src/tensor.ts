import { oneOf, valueText, type OptionCheck } from './check-options.ts';
import { checkMemory, memoryText } from './memory.ts';
import type { Variable } from './variable.ts';

/** Element types. All are stored in 32 bits; a bool is an int32 that is 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Elements of a tensor on the host: `Float32Array` for float32, `Int32Array` for int32 and bool. */
export type TensorData = Float32Array | Int32Array;

/** What an operation needs to know besides its inputs. Only JSON values, so that equal operations can be found. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A value inside a program that is being traced: one node of its graph. Made by operations, never by hand. */
export interface Tensor {
  /** Position in the trace; every input has a smaller one. */
  readonly id: number;
  /** Name of the primitive that computes it. */
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly trace: Trace;
}

/** Anything an operation accepts: a tensor, a variable (its present value) or a number. */
export type TensorLike = Tensor | Variable | number;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** A shape for messages: `[2, 3]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Axes that the kernels have room for (MAX_DIMS of kernels/program.h). */
const maximumAxes = 8;
/** Elements of one tensor that the kernels can count. */
const maximumElements = 2 ** 31 - 1;

/**
 * The one rule for shapes: at most eight sizes, integers of at least 1, whose product is less than 2³¹.
 * @throws RangeError for any other, beginning with `subject`.
 */
export function checkShape(subject: string, shape: Shape): void {
  const isSize = (extent: unknown): boolean => Number.isSafeInteger(extent) && (extent as number) >= 1;
  if (!Array.isArray(shape) || shape.length > maximumAxes || !shape.every(isSize)) {
    throw new RangeError(
      `${subject}: expected a shape of at most ${maximumAxes} sizes, integers of at least 1, got ${valueText(shape)}`,
    );
  }
  const elements = sizeOf(shape);
  if (elements > maximumElements) {
    throw new RangeError(
      `${subject}: a tensor of shape ${shapeText(shape)} would take ${memoryText(4 * elements)} of memory, ` +
        `one tensor can have ${memoryText(4 * maximumElements)}`,
    );
  }
}

/**
 * An array of zeros of the type that holds `dtype`.
 * @throws RangeError when there is not memory enough, beginning with `subject`.
 */
export function zerosOf(dtype: DType, size: number, subject: string): TensorData {
  checkMemory(subject, 4 * size);
  try {
    return dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  } catch (error) {
    throw new RangeError(`${subject} would take ${memoryText(4 * size)} of memory, which are not there`, {
      cause: error,
    });
  }
}

/** The names of element types, as a check of arguments. */
export const isDType: OptionCheck = oneOf('float32', 'int32', 'bool');

/**
 * A number as an element of `dtype`: the rule of `cast`. To int32 towards zero, from −2³¹ to 2³¹ − 1, where what lies outside
 * becomes the nearer end and NaN becomes 0; to bool 0 for 0, else 1.
 */
export function elementOf(dtype: DType, value: number): number {
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'bool') return Number(value !== 0);
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1) | 0;
}

/**
 * Numbers as elements of `dtype`, by the rule of {@link elementOf}: themselves where nothing has to be done.
 * @throws RangeError for what is no array of `size` numbers.
 */
export function elementsOf(subject: string, dtype: DType, size: number, values: ArrayLike<number>): ArrayLike<number> {
  const given = (typeof values === 'object' ? values : null) as Partial<ArrayLike<unknown>> | null;
  if (given?.length !== size) {
    throw new RangeError(`${subject}: expected ${size} values, got ${given?.length ?? valueText(values)}`);
  }
  if (values instanceof Float32Array ? dtype === 'float32' : values instanceof Int32Array && dtype !== 'bool') {
    return values;
  }
  for (let i = 0; i < size; i++) {
    const value: unknown = values[i];
    if (typeof value !== 'number') throw new RangeError(`${subject}: expected numbers, got ${valueText(value)}`);
  }
  if (dtype === 'float32') return values;
  return Int32Array.from(values, (value) => elementOf(dtype, value));
}

/**
 * Replaces a gradient rule: `(output, gradient) → gradient for each of the inputs it was declared with`.
 * @see withGradient
 */
export type GradientRule = (output: Tensor, gradient: Tensor) => readonly (Tensor | undefined)[];

/**
 * The record of one run of a traced function: its nodes in the order they were made. Equal nodes are made once
 * (common-subexpression elimination by construction).
 */
export class Trace {
  readonly nodes: Tensor[] = [];
  /** Data of `constant` nodes, and rules of `withGradient` nodes, by node id. */
  readonly constants: Map<number, TensorData> = new Map();
  readonly gradientRules: Map<number, GradientRule> = new Map();
  /** Each variable that was read or assigned: its value when the program starts, and its present one. */
  readonly initial: Map<Variable, Tensor> = new Map();
  readonly present: Map<Variable, Tensor> = new Map();
  readonly #known = new Map<string, Tensor>();
  #randomStreams = 0;

  /** The node that applies `op`; the same one when it was made before. */
  node(op: string, inputs: readonly Tensor[], shape: Shape, dtype: DType, attributes: Attributes = {}): Tensor {
    for (const input of inputs) {
      if (input.trace !== this) throw new Error(`${op}: an input belongs to another program; read its output instead`);
    }
    const key = `${op}(${inputs.map((input) => input.id).join(',')})${dtype}[${shape.join(',')}]${JSON.stringify(attributes)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = this.fresh(op, inputs, shape, dtype, attributes);
    this.#known.set(key, node);
    return node;
  }

  /** A node that is never shared with an equal one. */
  fresh(op: string, inputs: readonly Tensor[], shape: Shape, dtype: DType, attributes: Attributes = {}): Tensor {
    checkShape(op, shape);
    const node: Tensor = { id: this.nodes.length, op, inputs, attributes, shape, dtype, trace: this };
    this.nodes.push(node);
    return node;
  }

  /** The value of a variable at this point of the program. */
  read(variable: Variable): Tensor {
    let value = this.present.get(variable);
    if (value === undefined) {
      value = this.fresh('variable', [], variable.shape, variable.dtype, { name: variable.name });
      this.initial.set(variable, value);
      this.present.set(variable, value);
    }
    return value;
  }

  /** A number that no other random operation of this program has. */
  nextRandomStream(): number {
    return this.#randomStreams++;
  }
}

const traces: Trace[] = [];

/**
 * The trace that operations add to.
 * @throws Error outside `program` and `evaluate`.
 */
export function currentTrace(): Trace {
  const trace = traces.at(-1);
  if (trace === undefined) throw new Error('tensor operations work inside program(…) or evaluate(…) only');
  return trace;
}

/** Runs `build` with operations going to `trace`. */
export function withTrace<T>(trace: Trace, build: () => T): T {
  traces.push(trace);
  try {
    return build();
  } finally {
    traces.pop();
  }
}

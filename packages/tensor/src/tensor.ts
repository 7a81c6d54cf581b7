import type { DType, TensorData } from './dtype.ts';
import { checkShape, type Shape } from './shape.ts';
import type { Variable } from './variable.ts';

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

import type { Tensor } from '@gradus/tensor';
import { elementTypes, type Model, type OperatorAttributes } from './model.ts';
import type { Extent, RowGraph } from './row-graph.ts';

/** Writes what computes a node, and returns the name of that. */
export type Translate = (node: Tensor, to: Translator) => string;

/** Writes the nodes of a program into a model; what an operation becomes is said by a table. */
export class Translator {
  readonly graph: RowGraph;
  readonly model: Model;
  private readonly table: Readonly<Record<string, Translate>>;
  private readonly names = new Map<Tensor, string>();
  private rowsName: string | undefined;

  constructor(graph: RowGraph, model: Model, table: Readonly<Record<string, Translate>>) {
    this.graph = graph;
    this.model = model;
    this.table = table;
  }

  /** The name of a node's value, which is written now if it was not. */
  value(node: Tensor): string {
    const known = this.names.get(node);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.table, node.op)) {
      throw new RangeError(`toOnnx: operation '${node.op}' has no counterpart in ONNX${reasons[node.op] ?? ''}`);
    }
    const name = this.table[node.op](node, this);
    this.names.set(node, name);
    return name;
  }

  /** Says what stands for a node. */
  name(node: Tensor, name: string): void {
    this.names.set(node, name);
  }

  /** Applies an operator. */
  apply(type: string, inputs: readonly string[], attributes?: OperatorAttributes): string {
    return this.model.apply(type, inputs, attributes);
  }

  /** The same values as another type. */
  cast(value: string, type: keyof typeof elementTypes): string {
    return this.apply('Cast', [value], { to: elementTypes[type] });
  }

  /** The same values under another shape. */
  reshape(value: string, shape: readonly Extent[]): string {
    const open = shape.filter((size) => typeof size !== 'number').length;
    const target = open === 1 ? shape.map((size) => (typeof size === 'number' ? size : -1)) : shape;
    return this.apply('Reshape', [value, this.extents(target)]);
  }

  /** A list of int64, some of them known when the model runs. */
  extents(list: readonly Extent[]): string {
    const { model } = this;
    if (list.every((size) => typeof size === 'number')) return model.integers(list);
    const parts = list.map((size) => {
      if (typeof size === 'number') return model.integers([size]);
      return size.rows === 1 ? this.rows() : this.apply('Mul', [this.rows(), model.integers([size.rows])]);
    });
    return parts.length === 1 ? parts[0] : this.apply('Concat', parts, { axis: 0 });
  }

  /**
   * The operands of an operation on each element. What is repeated in the program is not here, since ONNX repeats by the same rules: but for one operand
   * where they would not have the result's shape together.
   */
  operands(node: Tensor): string[] {
    const sources = node.inputs.map(unrepeated);
    const rank = Math.max(...sources.map(({ shape }) => shape.length));
    const together = Array.from({ length: rank }, (_, i) =>
      Math.max(...sources.map(({ shape }) => shape[i - rank + shape.length] ?? 1)),
    );
    const isWhole = together.join() === node.shape.join();
    return sources.map((source, i) => this.value(isWhole || i > 0 ? source : node.inputs[0]));
  }

  /** The number of rows, a list of one. */
  private rows(): string {
    if (this.rowsName !== undefined) return this.rowsName;
    for (const input of this.graph.graph.inputs.values()) {
      const axis = this.graph.shape(input).findIndex((size) => typeof size !== 'number' && size.rows === 1);
      if (axis < 0 || !this.names.has(input)) continue;
      this.rowsName = this.apply('Shape', [this.value(input)], { start: axis, end: axis + 1 });
      return this.rowsName;
    }
    throw new RangeError('toOnnx: expected an input with as many elements along one axis as there are rows');
  }
}

/** What a node repeats. */
function unrepeated(node: Tensor): Tensor {
  let source = node;
  while (source.op === 'broadcast') [source] = source.inputs;
  return source;
}

const reasons: Readonly<Record<string, string>> = {
  randomUniform: ': expected a program that draws nothing, such as one of the best actions',
  col2im: ': expected a program without gradients',
};

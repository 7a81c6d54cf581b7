import type { Graph } from '../device/device.ts';
import { primitiveOf } from '../primitive.ts';
import { sizeOf, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { contiguousStrides, isContiguous, type View } from './view.ts';

/** One node that has to be computed, with the way it reads each of its inputs. */
export interface Computation {
  readonly node: Tensor;
  /** Its place in the list of all computations. */
  readonly index: number;
  readonly operands: readonly View[];
}

/** A graph without views: what is left has an element of memory for each element of a tensor. */
export interface Computations {
  /** Inputs before users. */
  readonly list: readonly Computation[];
  /** The computed node that holds each output, all of it and nothing else. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** For each assignment the node computed for it. */
  readonly assignments: Map<Tensor, Tensor>;
}

/** Whether the view is all of its base in order, so that element i of one is element i of the other. */
export function isAligned(view: View, shape: Shape): boolean {
  return view.offset === 0 && isContiguous(shape, view.strides) && sizeOf(shape) === sizeOf(view.base.shape);
}

/** Resolves views, and adds a `copy` wherever elements have to lie one after another and do not. */
export function resolveViews(graph: Graph): Computations {
  const list: Computation[] = [];
  const views = new Map<Tensor, View>();
  const copies = new Map<Tensor, Tensor>();
  const own = (node: Tensor): View => ({ base: node, offset: 0, strides: contiguousStrides(node.shape) });

  const viewOf = (node: Tensor): View => {
    const view = views.get(node);
    if (view === undefined) throw new Error(`tensor '${node.op}' is used before it is computed`);
    return view;
  };
  const copyOf = (node: Tensor): Tensor => {
    const copy = node.trace.fresh('copy', [node], node.shape, node.dtype);
    list.push({ node: copy, index: list.length, operands: [viewOf(node)] });
    views.set(copy, own(copy));
    return copy;
  };
  const contiguous = (node: Tensor): View => {
    const view = viewOf(node);
    if (isContiguous(node.shape, view.strides)) return view;
    const copy = copies.get(node) ?? copyOf(node);
    copies.set(node, copy);
    return viewOf(copy);
  };
  /** Products read operands with a unit stride in place. */
  const productOperand = (node: Tensor): View => {
    const view = viewOf(node);
    const unit = [-1, -2].some((axis) => view.strides.at(axis) === 1 || node.shape.at(axis) === 1);
    return unit ? view : contiguous(node);
  };

  const rowOperand = (node: Tensor): View => {
    const view = viewOf(node);
    return view.strides.at(-1) === 1 || node.shape.at(-1) === 1 ? view : contiguous(node);
  };

  for (const node of graph.nodes) {
    const primitive = primitiveOf(node);
    if (primitive.kind === 'source') {
      views.set(node, own(node));
    } else if (primitive.view !== undefined) {
      const [source] = node.inputs;
      const view = primitive.view(node, viewOf(source)) ?? primitive.view(node, contiguous(source));
      if (view === undefined) throw new Error(`${node.op}: cannot be read from contiguous elements`);
      views.set(node, view);
    } else {
      const kernel = { true: viewOf, false: contiguous, rows: rowOperand }[`${primitive.readsViews ?? false}`];
      const read = { map: viewOf, reduce: viewOf, matmul: productOperand, kernel, view: viewOf }[primitive.kind];
      const operands = node.inputs.map(read);
      list.push({ node, index: list.length, operands });
      views.set(node, own(node));
    }
  }

  const taken = new Set<Tensor>();
  const assignments = new Map<Tensor, Tensor>();
  for (const [target, value] of graph.assignments) {
    const initial = graph.variables.get(target);
    if (initial === undefined || value === initial) continue;
    const view = viewOf(value);
    const computed = isAligned(view, value.shape) && primitiveOf(view.base).kind !== 'source' && !taken.has(view.base);
    const node = computed ? view.base : copyOf(value);
    taken.add(node);
    assignments.set(initial, node);
  }
  const outputs = new Map<string, Tensor>();
  for (const [name, value] of graph.outputs) {
    const view = viewOf(value);
    const computed = isAligned(view, value.shape) && primitiveOf(view.base).kind !== 'source' && !taken.has(view.base);
    outputs.set(name, computed ? view.base : copyOf(value));
  }
  return { list, outputs, assignments };
}

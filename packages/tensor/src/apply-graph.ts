import type { Graph } from './device/device.ts';
import { checkArguments, type OptionCheck } from './check-options.ts';
import { asTensor, isTensorLike } from './ops/constant.ts';
import { cast } from './ops/cast.ts';
import { sameShape, shapeText } from './shape.ts';
import { currentTrace, type Tensor, type TensorLike } from './tensor.ts';

/**
 * The outputs of a traced program as part of another one, with tensors of that one as its inputs: to put something before or behind it.
 *
 * ```ts
 * const act = traceProgram(() => program({ x: [1, 4] }, ({ x }) => ({ y: policy(x) })));
 * const bounded = program({ x: [1, 4] }, ({ x }) => ({ y: clip(applyGraph(act, { x }).y, -1, 1) }));
 * ```
 * Gradients do not flow through it.
 * @throws RangeError where an input that is used is not given, or has another shape.
 * @throws Error for a graph that sets variables.
 */
export function applyGraph(graph: Graph, inputs: Readonly<Record<string, TensorLike>>): Record<string, Tensor> {
  checkArguments('applyGraph', { graph, inputs }, { graph: isGraph, inputs: isTensors });
  for (const { name } of graph.assignments.keys()) {
    throw new Error(`applyGraph: expected a program that sets no variables, got one that sets '${name}'`);
  }
  const trace = currentTrace();
  const copies = new Map<Tensor, Tensor>();
  for (const [variable, node] of graph.variables) copies.set(node, trace.read(variable));
  for (const [name, node] of graph.inputs) {
    if (!graph.nodes.includes(node)) continue;
    const given = Object.hasOwn(inputs, name) ? asTensor(inputs[name]) : undefined;
    if (given === undefined || !sameShape(given.shape, node.shape)) {
      const got = given === undefined ? 'none' : shapeText(given.shape);
      throw new RangeError(`applyGraph: expected input '${name}' of shape ${shapeText(node.shape)}, got ${got}`);
    }
    copies.set(node, cast(given, node.dtype));
  }
  for (const node of graph.nodes) {
    if (copies.has(node)) continue;
    const { op, shape, dtype, attributes } = node;
    // What a view names besides its source is for its gradient, and not in the graph.
    const sources = node.inputs.flatMap((input) => copies.get(input) ?? []);
    const data = graph.trace.constants.get(node.id);
    if (data === undefined) {
      copies.set(node, trace.node(op, sources, shape, dtype, attributes));
      continue;
    }
    const copy = trace.fresh(op, [], shape, dtype);
    trace.constants.set(copy.id, data);
    copies.set(node, copy);
  }
  const outputs = [...graph.outputs].flatMap(([name, node]) => {
    const copy = copies.get(node);
    return copy === undefined ? [] : [[name, copy] as const];
  });
  return Object.fromEntries(outputs);
}

const isGraph: OptionCheck = {
  expected: 'a graph, such as traceProgram makes',
  accepts: (value) => typeof value === 'object' && value !== null && 'trace' in value && 'assignments' in value,
};

const isTensors: OptionCheck = {
  expected: 'tensors by name',
  accepts: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isTensorLike.accepts),
};

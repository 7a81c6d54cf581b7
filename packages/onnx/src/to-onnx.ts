import { checkArguments, type Graph, type OptionCheck } from '@gradus/tensor';
import { arrayOperations } from './array-operations.ts';
import { elementOperations } from './element-operations.ts';
import { Model } from './model.ts';
import { RowGraph, type ProgramOfRows } from './row-graph.ts';
import { Translator } from './translator.ts';

/** What only those need who read it is written where it is read, so that what a convolution stands for is not. */
const whenRead: ReadonlySet<string> = new Set(['broadcast', 'reshape', 'transpose', 'slice', 'im2col']);

/**
 * A program as an ONNX file (operator set 17), with the present values of its variables. `make` makes the program for a number of rows, such as a batch; in the
 * file that number is open, unless the program does not depend on it.
 *
 * ```ts
 * const file = toOnnx((rows) => program({ x: [rows, 4] }, ({ x }) => ({ logits: policy(x) })));
 * ```
 * Inputs and outputs have the program's names; bools among the inputs are int32. Inputs that nothing depends on are left out.
 * @throws RangeError for a program with an operation that ONNX lacks, such as random numbers, one that sets variables, one of which anything but shapes depends
 *   on the number of rows, and one whose outputs have the names of inputs.
 */
export function toOnnx(make: ProgramOfRows): Uint8Array {
  checkArguments('toOnnx', { make }, { make: isFunction });
  const graph = new RowGraph(make);
  checkGraph(graph.graph);
  const { nodes, inputs, outputs, variables } = graph.graph;
  const model = new Model();
  const translator = new Translator(graph, model, { ...arrayOperations, ...elementOperations });
  for (const name of outputs.keys()) model.reserve(name);
  for (const [name, node] of inputs) {
    if (nodes.includes(node)) translator.name(node, model.input(name, node.dtype, graph.shape(node)));
  }
  for (const [variable, node] of variables) {
    translator.name(node, model.tensor(variable.name, variable.dtype, variable.shape, variable.read()));
  }
  for (const node of nodes) if (!whenRead.has(node.op)) translator.value(node);
  for (const [name, node] of outputs) {
    model.output(name, translator.value(node), node.dtype, graph.shape(node));
  }
  return model.finish();
}

const isFunction: OptionCheck = {
  expected: 'a function that makes a program for a number of rows',
  accepts: (value) => typeof value === 'function',
};

function checkGraph({ inputs, outputs, assignments }: Graph): void {
  for (const { name } of assignments.keys()) {
    throw new RangeError(`toOnnx: expected a program that sets no variables, got one that sets '${name}'`);
  }
  for (const name of outputs.keys()) {
    if (inputs.has(name))
      throw new RangeError(`toOnnx: expected outputs of other names than inputs, got '${name}' twice`);
  }
}

import type { Device, Executable, Graph, Storage, Tensor, TensorData } from '../../src/index.ts';
import { sizeOf } from '../../src/index.ts';
import type { Values } from './row-major.ts';
import { evaluateNode } from './reference-operations.ts';

/**
 * A device that computes in double precision with naive loops over plain arrays: what the real devices, and gradients,
 * are compared with. Its inputs, outputs and variables are `Float64Array`s, whatever their declared type.
 */
export function referenceDevice(): Device {
  const device: Device = {
    name: 'reference',
    store: (_, values): Storage => referenceStorage(values),
    compile: (graph) => referenceExecutable(device, graph),
  };
  return device;
}

const stored = new WeakMap<Storage, { values: Values }>();

function referenceStorage(initial: ArrayLike<number>): Storage {
  const box = { values: Float64Array.from(initial) };
  const storage: Storage = {
    read: () => hosted(box.values.slice()),
    write: (values) => {
      box.values = Float64Array.from(values);
    },
    dispose: () => undefined,
  };
  stored.set(storage, box);
  return storage;
}

/** Doubles where the engine's types say floats: the tests want them. */
function hosted(values: Values): TensorData {
  return values as unknown as TensorData;
}

function referenceExecutable(device: Device, graph: Graph): Executable {
  const arrays = (nodes: ReadonlyMap<string, Tensor>): Map<string, Values> =>
    new Map([...nodes].map(([name, { shape }]) => [name, new Float64Array(sizeOf(shape))]));
  const inputs = arrays(graph.inputs);
  const outputs = arrays(graph.outputs);
  const storages = new Map([...graph.variables].map(([variable]) => [variable, variable.storageOn(device)]));
  return {
    input: (name) => hosted(inputs.get(name)!),
    output: (name) => hosted(outputs.get(name)!),
    dispose: () => undefined,
    run: () => {
      const values = new Map<Tensor, Values>();
      for (const [name, node] of graph.inputs) values.set(node, inputs.get(name)!.slice());
      for (const [variable, node] of graph.variables) {
        values.set(node, stored.get(storages.get(variable)!)!.values.slice());
      }
      for (const node of graph.nodes) {
        if (!values.has(node)) {
          values.set(
            node,
            evaluateNode(
              node,
              node.inputs.map((input) => values.get(input) ?? new Float64Array()),
            ),
          );
        }
      }
      for (const [name, node] of graph.outputs) outputs.get(name)!.set(values.get(node)!);
      for (const [variable, node] of graph.assignments) {
        stored.get(storages.get(variable)!)!.values = values.get(node)!.slice();
      }
    },
  };
}

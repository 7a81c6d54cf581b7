import type { Graph, InputSpec, Tensor, TensorLike } from '../../src/index.ts';
import { program } from '../../src/index.ts';
import type { Compiled } from '../../src/compile/lower.ts';
import { lower } from '../../src/compile/lower.ts';

/** The graph of a program that is traced and not run. */
export function graphOf(
  inputs: Record<string, InputSpec>,
  build: (inputs: Readonly<Record<string, Tensor>>) => Record<string, TensorLike>,
): Graph {
  const graphs: Graph[] = [];
  const none = new Float32Array();
  program(inputs, build, {
    device: {
      name: 'none',
      store: () => ({ read: () => none, write: () => undefined, dispose: () => undefined }),
      compile: (graph) => {
        graphs.push(graph);
        return { input: () => none, output: () => none, run: () => undefined, dispose: () => undefined };
      },
    },
  });
  return graphs[0];
}

/** What the compiler makes of a program. */
export function compiled(...[inputs, build]: Parameters<typeof graphOf>): Compiled {
  return lower(graphOf(inputs, build));
}

import type { Activation, Graph, Layer, Tensor, Variable } from '@gradus/tensor';
import { UserError } from '../user-error.ts';

/** Operations that are activations of layers. */
const activations: ReadonlySet<string> = new Set(['relu', 'tanh', 'sigmoid', 'softplus'] satisfies Activation[]);

/** Operations that lead from a network's outputs to actions. */
const head: ReadonlySet<string> = new Set(
  ['argmax', 'sub', 'add', 'mul', 'max', 'sum', 'exp', 'log', 'maximum', 'minimum', 'reshape', 'withGradient'].concat([
    'stopGradient',
    'broadcast',
    'cast',
    'where',
    'slice',
    'concat',
    'tanh',
  ]),
);

/**
 * The stack of dense layers that a policy's network is, from observations to what actions are chosen by: logits, values, or the
 * numbers of a `Box` before they are kept to its bounds.
 * @throws UserError for another network.
 */
export function layersOfGraph(graph: Graph): Layer[] {
  const variables = new Map([...graph.variables].map(([variable, node]) => [node, variable]));
  const input = graph.inputs.get('observations');
  if (input === undefined) throw refuse('a policy that does not look at observations');
  const users = new Map<Tensor, Tensor[]>();
  for (const node of graph.nodes) {
    for (const source of node.inputs.slice(0, node.op === 'withGradient' ? 1 : 8)) {
      users.set(source, [...(users.get(source) ?? []), node]);
    }
  }
  const layers: Layer[] = [];
  let end: Tensor = input;
  for (;;) {
    const next = nextLayer(end, users, variables);
    if (next === undefined) break;
    layers.push(next.layer);
    end = next.end;
  }
  const reached = reachable(end, users);
  const other = [...reached].find((node) => !head.has(node.op));
  const isAll = [...variables.keys()].every((node) => !reached.has(node));
  if (layers.length === 0 || other !== undefined || !isAll) {
    throw refuse(`one that goes on with '${(other ?? end).op}'`);
  }
  return layers;
}

function refuse(got: string): UserError {
  return new UserError(
    `--format tfjs: expected a network that is a stack of dense layers, from observations as they are, got ${got}; --format onnx writes any`,
  );
}

/** The layer that begins at `node`, alone. */
function nextLayer(
  node: Tensor,
  users: ReadonlyMap<Tensor, readonly Tensor[]>,
  variables: ReadonlyMap<Tensor, Variable>,
): { readonly layer: Layer; readonly end: Tensor } | undefined {
  const [product, ...others] = users.get(node) ?? [];
  const weight = product?.op === 'matmul' ? variables.get(product.inputs[1]) : undefined;
  if (others.length > 0 || product?.inputs[0] !== node || weight === undefined) return undefined;
  let end = product;
  const [sum] = users.get(product) ?? [];
  const added =
    sum?.op === 'add' && sum.inputs[1].op === 'broadcast' ? variables.get(sum.inputs[1].inputs[0]) : undefined;
  if (added !== undefined) end = sum;
  const [after, ...more] = users.get(end) ?? [];
  const isActivation = more.length === 0 && after !== undefined && activations.has(after.op);
  if (isActivation) end = after;
  const activation = isActivation ? (after.op as Activation) : 'linear';
  return { layer: { kind: 'linear', weight, bias: added, activation }, end };
}

/** All that depends on a node. */
function reachable(node: Tensor, users: ReadonlyMap<Tensor, readonly Tensor[]>): Set<Tensor> {
  const found = new Set<Tensor>();
  const open = [...(users.get(node) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(users.get(next) ?? []));
  }
  return found;
}

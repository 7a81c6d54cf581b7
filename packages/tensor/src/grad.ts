import { valueText } from './check-options.ts';
import { asTensor, isTensor, scalar } from './ops/constant.ts';
import { add } from './ops/map.ts';
import { broadcastTo } from './ops/broadcast.ts';
import { joinPads } from './ops/shape.ts';
import { primitiveOf } from './primitive.ts';
import type { Tensor, TensorLike } from './tensor.ts';
import { shapeText } from './shape.ts';

/**
 * Gradients of a scalar with respect to tensors or variables, by reverse accumulation. The results are ordinary
 * tensors and can be differentiated again.
 *
 * A variable stands for its present value; one assigned since the loss was computed has gradient 0.
 * @throws RangeError when `loss` is not a scalar.
 */
export function grad(loss: Tensor, withRespectTo: readonly Exclude<TensorLike, number>[]): Tensor[] {
  if (!Array.isArray(withRespectTo)) {
    throw new RangeError(`grad: expected a list of tensors and variables, got ${valueText(withRespectTo)}`);
  }
  if (!isTensor(loss)) throw new TypeError(`grad: expected a tensor, got ${valueText(loss)}`);
  if (loss.shape.length > 0) throw new RangeError(`grad: expected a scalar loss, got shape ${shapeText(loss.shape)}`);
  const targets = (withRespectTo as readonly TensorLike[]).map((target) => asTensor(target, 'float32', 'grad'));
  const needed = dependents(targets, loss.id);
  const contributions = new Map<Tensor, Tensor[]>([[loss, [scalar(1)]]]);
  for (let id = loss.id; id >= 0; id--) {
    const node = loss.trace.nodes[id];
    const known = contributions.get(node);
    if (known === undefined || !needed.has(node)) continue;
    const gradients = primitiveOf(node).gradient?.(node, total(known)) ?? [];
    node.inputs.forEach((input, i) => {
      const gradient = gradients[i];
      if (gradient === undefined || !needed.has(input)) return;
      const others = contributions.get(input);
      if (others === undefined) contributions.set(input, [gradient]);
      else others.push(gradient);
    });
  }
  return targets.map((target) => broadcastTo(total(contributions.get(target) ?? [scalar(0)]), target.shape));
}

/** The sum of what the users of a tensor contribute to its gradient. Parts that it was split into are just joined. */
function total(contributions: readonly Tensor[]): Tensor {
  return joinPads(contributions) ?? contributions.reduce((sum, each) => add(sum, each));
}

/** The nodes up to `last` that depend on one of the targets: only they need a gradient. */
function dependents(targets: readonly Tensor[], last: number): Set<Tensor> {
  const needed = new Set<Tensor>(targets);
  for (const node of targets[0]?.trace.nodes.slice(0, last + 1) ?? []) {
    if (node.inputs.some((input) => needed.has(input))) needed.add(node);
  }
  return needed;
}

import { asTensor, scalar } from './ops/constant.ts';
import { add } from './ops/map.ts';
import { broadcastTo } from './ops/shape.ts';
import { primitiveOf } from './primitive.ts';
import type { Tensor, TensorLike } from './tensor.ts';
import { shapeText } from './tensor.ts';

/**
 * Gradients of a scalar with respect to tensors or variables, by reverse accumulation. The results are ordinary
 * tensors and can be differentiated again.
 *
 * A variable stands for its present value; one assigned since the loss was computed has gradient 0.
 * @throws RangeError when `loss` is not a scalar.
 */
export function grad(loss: Tensor, withRespectTo: readonly Exclude<TensorLike, number>[]): Tensor[] {
  if (loss.shape.length > 0) throw new RangeError(`grad: expected a scalar loss, got shape ${shapeText(loss.shape)}`);
  const targets = withRespectTo.map((target) => asTensor(target));
  const needed = dependents(targets, loss.id);
  const gradients = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (let id = loss.id; id >= 0; id--) {
    const node = loss.trace.nodes[id];
    const gradient = gradients.get(node);
    if (gradient === undefined || !needed.has(node)) continue;
    const contributions = primitiveOf(node).gradient?.(node, gradient) ?? [];
    node.inputs.forEach((input, i) => {
      const contribution = contributions[i];
      if (contribution === undefined || !needed.has(input)) return;
      const known = gradients.get(input);
      gradients.set(input, known === undefined ? contribution : add(known, contribution));
    });
  }
  return targets.map((target) => broadcastTo(gradients.get(target) ?? scalar(0), target.shape));
}

/** The nodes up to `last` that depend on one of the targets: only they need a gradient. */
function dependents(targets: readonly Tensor[], last: number): Set<Tensor> {
  const needed = new Set<Tensor>(targets);
  for (const node of targets[0]?.trace.nodes.slice(0, last + 1) ?? []) {
    if (node.inputs.some((input) => needed.has(input))) needed.add(node);
  }
  return needed;
}

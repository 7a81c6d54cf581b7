import type { Tensor } from './tensor.ts';
import type { View } from './compile/view.ts';

/** A word of an instruction, or a place in memory: the contiguous elements of a tensor, possibly `plus` elements in. */
export type Operand = number | Tensor | { readonly tensor: Tensor; readonly plus: number };

/** Emits one instruction; a place becomes two words, buffer and offset. */
export type Emit = (opcode: number, ...operands: readonly Operand[]) => void;

/**
 * Everything the engine knows about an operation, declared beside the function that applies it.
 *
 * - `source`: inputs, variables, constants.
 * - `map`: computes each element from the same element of its inputs; fused into chains.
 * - `view`: no computation, another way of reading its first input.
 * - `reduce` and `matmul`: can take a fused chain before (reduce) or after (matmul) them.
 * - `kernel`: an instruction of its own on contiguous inputs, emitted by `lower`.
 */
export interface Primitive {
  readonly kind: 'source' | 'map' | 'view' | 'reduce' | 'matmul' | 'kernel';
  /** Gradients of a scalar with respect to the inputs, given the one with respect to the node. Absent: not differentiable, no gradient flows. */
  readonly gradient?: (node: Tensor, gradient: Tensor) => readonly (Tensor | undefined)[];
  /** `map`: the opcode of the kernels (see `kernels/program.h`). */
  readonly opcode?: (node: Tensor) => number;
  /** `view`: how to read the node, given how to read its input; undefined when a copy is needed. */
  readonly view?: (node: Tensor, source: View) => View | undefined;
  /** `kernel`: whether its result may be written over its first input. */
  readonly inPlace?: boolean;
  /** `kernel`: whether it reads inputs that do not lie one element after another; `rows`: if only those of the last axis do. */
  readonly readsViews?: boolean | 'rows';
  /** `kernel`: emits its instruction, given how to read its inputs. */
  readonly lower?: (node: Tensor, emit: Emit, operands: readonly View[]) => void;
}

const primitives = new Map<string, Primitive>();

export function definePrimitive(name: string, primitive: Primitive): void {
  primitives.set(name, primitive);
}

/** @throws Error for a name nobody defined. */
export function primitiveOf(node: Tensor): Primitive {
  const primitive = primitives.get(node.op);
  if (primitive === undefined) throw new Error(`unknown tensor operation '${node.op}'`);
  return primitive;
}

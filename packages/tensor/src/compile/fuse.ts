import { primitiveOf } from '../primitive.ts';
import { sameShape, sizeOf, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { BitMatrix } from './bit-matrix.ts';
import { isAligned, type Computation, type Computations } from './computations.ts';
import { isContiguous, type View } from './view.ts';

/** What becomes one instruction: a chain of maps, possibly with the reduction it feeds or the product it follows. */
export interface Unit {
  /** The reduction, product or other kernel; undefined for a chain of maps alone. */
  root: Computation | undefined;
  /** Maps in the order they are computed: before a reduction, after a product. */
  maps: Computation[];
  /** Shape under which strided operands of the maps are read; undefined where there are none. */
  dims: Shape | undefined;
}

/** Registers and operations that the kernels have room for in one chain. */
const maximumChain = 44;

/** How a map reads an operand: in step, the same element each time, or by strides. */
export function operandKind(view: View, shape: Shape): 'contiguous' | 'scalar' | 'strided' {
  // One single element counts as contiguous: kernels read scalars early, before a product that a chain follows is there.
  if (isContiguous(shape, view.strides)) return 'contiguous';
  return shape.every((extent, axis) => extent === 1 || view.strides[axis] === 0) ? 'scalar' : 'strided';
}

/** The units of a program and what each must wait for. */
export class Units {
  readonly all: Unit[] = [];
  /** The unit that computes a node. */
  readonly of: Map<Tensor, number> = new Map();
  /** By unit: the units it waits for, directly or not. Numbers of units that were joined into others may stay; nobody asks for them. */
  readonly #after: BitMatrix;
  readonly #alive: Set<number> = new Set();

  constructor(computations: readonly Computation[]) {
    this.#after = new BitMatrix(computations.length);
    for (const computation of computations) {
      const { node, operands } = computation;
      const unit = this.all.length;
      const isMap = primitiveOf(node).kind === 'map';
      const strided = isMap && operands.some((view) => operandKind(view, node.shape) === 'strided');
      this.all.push({
        root: isMap ? undefined : computation,
        maps: isMap ? [computation] : [],
        dims: strided ? node.shape : undefined,
      });
      this.of.set(node, unit);
      for (const { base } of operands) {
        const source = this.of.get(base);
        if (source !== undefined) this.#waitFor(unit, source);
      }
      this.#alive.add(unit);
    }
  }

  /** Numbers of the units that are left. */
  get alive(): number[] {
    return [...this.#alive];
  }

  waitsFor(unit: number, other: number): boolean {
    return this.#after.has(unit, other);
  }

  /** Makes `unit` wait for `other`. @returns whether that is possible. */
  order(unit: number, other: number): boolean {
    if (unit === other || this.waitsFor(other, unit)) return false;
    const later = this.alive.filter((each) => this.waitsFor(each, unit));
    for (const each of [unit, ...later]) this.#waitFor(each, other);
    return true;
  }

  /** Joins two units into the first one. @returns false, with nothing changed, when a third one lies between them. */
  merge(into: number, other: number): boolean {
    const [first, second] = this.waitsFor(other, into) ? [into, other] : [other, into];
    const others = this.#after.difference(second, first).filter((unit) => unit !== first && this.#alive.has(unit));
    if (others.some((unit) => this.waitsFor(unit, first))) return false;
    // Who waits for one of them alone has to wait for both, and for all that they wait for.
    const later =
      others.length === 0 && into === first
        ? []
        : this.alive.filter(
            (unit) => unit !== into && unit !== other && this.waitsFor(unit, into) !== this.waitsFor(unit, other),
          );
    this.#after.addRow(into, other);
    this.#after.delete(into, into);
    this.#alive.delete(other);
    for (const each of later) this.#waitFor(each, into);
    const [kept, gone] = [this.all[into], this.all[other]];
    kept.root ??= gone.root;
    kept.dims ??= gone.dims;
    kept.maps = [...kept.maps, ...gone.maps].sort((a, b) => a.index - b.index);
    for (const { node } of gone.maps) this.of.set(node, into);
    if (gone.root !== undefined) this.of.set(gone.root.node, into);
    return true;
  }

  /** Computes a map in another unit, one that waits for its present one. */
  move(computation: Computation, to: number): void {
    const { node } = computation;
    const from = this.of.get(node);
    if (from === undefined) throw new Error(`tensor '${node.op}' belongs to no unit`);
    const [source, target] = [this.all[from], this.all[to]];
    source.maps = source.maps.filter((map) => map !== computation);
    target.maps = [...target.maps, computation].sort((a, b) => a.index - b.index);
    this.of.set(node, to);
    if (source.maps.length === 0 && source.root === undefined) this.#alive.delete(from);
  }

  #waitFor(unit: number, other: number): void {
    this.#after.add(unit, other);
    this.#after.addRow(unit, other);
  }
}

/** Joins neighbouring maps into chains, products with the chain after them and reductions with the chain before them. */
export function fuse({ list, outputs, assignments }: Computations): Units {
  const units = new Units(list);
  const users = usersOf(list);
  const kept = new Set([...outputs.values(), ...assignments.values()]);
  for (const { node, operands } of list) {
    if (primitiveOf(node).kind !== 'map') continue;
    for (const view of operands) joinChain(units, node, view);
  }
  for (const computation of [...list].reverse()) sink(units, computation, users, kept);
  for (const { node, operands } of list) {
    if (primitiveOf(node).kind !== 'reduce') continue;
    const [view] = operands;
    const source = units.of.get(view.base);
    const reduction = units.of.get(node);
    if (source === undefined || reduction === undefined || kept.has(view.base)) continue;
    const chain = units.all[source];
    // A chain that others need as well is computed once, on its own.
    const inside = new Set(chain.maps.map((map) => map.node));
    const isPrivate = chain.maps.every(
      (map) => !kept.has(map.node) && (users.get(map.node) ?? []).every((user) => user === node || inside.has(user)),
    );
    if (chain.root !== undefined || !isPrivate || !isAligned(view, node.inputs[0].shape)) continue;
    units.merge(reduction, source);
  }
  return units;
}

function usersOf(list: readonly Computation[]): Map<Tensor, Tensor[]> {
  const users = new Map<Tensor, Tensor[]>();
  for (const { node, operands } of list) {
    for (const { base } of operands) {
      const known = users.get(base);
      if (known === undefined) users.set(base, [node]);
      else known.push(node);
    }
  }
  return users;
}

function joinChain(units: Units, node: Tensor, view: View): void {
  const source = units.of.get(view.base);
  const own = units.of.get(node);
  if (source === undefined || own === undefined || source === own) return;
  if (!isAligned(view, node.shape) || sizeOf(view.base.shape) !== sizeOf(node.shape)) return;
  const [a, b] = [units.all[source], units.all[own]];
  const kinds = [a.root, b.root].map((root) => root && primitiveOf(root.node).kind);
  if (kinds.some((kind) => kind !== undefined && kind !== 'matmul')) return;
  if (a.root !== undefined && b.root !== undefined) return;
  if (a.dims !== undefined && b.dims !== undefined && !sameShape(a.dims, b.dims)) return;
  if (chainSize(a, b) > maximumChain || !readEachOtherInStep(units, source, own)) return;
  // A chain after a product must not be what the product itself reads.
  const root = a.root ?? b.root;
  if (root?.operands.some(({ base }) => [source, own].includes(units.of.get(base) ?? -1)) === true) return;
  units.merge(source, own);
}

/**
 * Moves a map to the one other chain that reads it, unless more tensors would have to be kept for it there than it is one. What
 * a backward pass needs of the forward pass, such as 1 − tanh², is so computed where it is used, from what is kept anyway; a
 * map that one reduction alone reads goes there if nothing has to be kept for it.
 */
function sink(
  units: Units,
  computation: Computation,
  users: ReadonlyMap<Tensor, readonly Tensor[]>,
  kept: ReadonlySet<Tensor>,
): void {
  const { node, operands } = computation;
  const readers = users.get(node) ?? [];
  const own = units.of.get(node);
  const [target, ...others] = new Set(readers.map((reader) => units.of.get(reader)));
  if (target === undefined || others.length > 0 || target === own || kept.has(node)) return;
  const isMovable =
    primitiveOf(node).kind === 'map' &&
    operands.every((view) => view.base.op !== 'variable' && operandKind(view, node.shape) !== 'strided');
  const unit = units.all[target];
  const readInStep = unit.maps
    .filter((map) => readers.includes(map.node))
    .every((map) => map.operands.every((view) => view.base !== node || isAligned(view, map.node.shape)));
  const readByMaps = readers.every((reader) => unit.maps.some((map) => map.node === reader));
  const reduction = readByReduction(unit, node);
  if (!isMovable || !(reduction ?? (readInStep && readByMaps))) return;
  if (chainSize(unit, { root: undefined, maps: [computation], dims: undefined }) > maximumChain) return;
  const newlyKept = [...new Set(operands.map(({ base }) => base))].filter((base) => {
    const isKept = kept.has(base) || (users.get(base) ?? []).some((user) => units.of.get(user) !== own);
    return units.of.get(base) === own && !isKept;
  });
  if (newlyKept.length <= (reduction === true ? 0 : 1)) units.move(computation, target);
}

/** Whether the unit is a reduction of this very map, element by element; undefined if what reads the map is not a reduction. */
function readByReduction({ root, maps }: Unit, node: Tensor): boolean | undefined {
  if (root === undefined || primitiveOf(root.node).kind !== 'reduce') return undefined;
  return maps.length === 0 && root.operands[0].base === node && isAligned(root.operands[0], root.node.inputs[0].shape);
}

/** Whether two units, joined into one, read what they compute themselves element by element: it is in registers only. */
function readEachOtherInStep(units: Units, first: number, second: number): boolean {
  for (const unit of [first, second]) {
    for (const { node, operands } of units.all[unit].maps) {
      for (const view of operands) {
        const source = units.of.get(view.base);
        if ((source === first || source === second) && !isAligned(view, node.shape)) return false;
      }
    }
  }
  return true;
}

/** Upper bound of the registers that two joined chains need. */
function chainSize(a: Unit, b: Unit): number {
  const maps = [...a.maps, ...b.maps];
  // No operand counted as another's: that is mostly few enough, and cheaper to know.
  const most = maps.reduce((size, { operands }) => size + operands.length, maps.length);
  if (most <= maximumChain) return most;
  const inside = new Set(maps.map(({ node }) => node));
  const outside = new Set<string>();
  for (const { operands } of maps) {
    for (const { base, offset, strides } of operands) {
      if (!inside.has(base)) outside.add(`${base.id}+${offset}*${strides.join()}`);
    }
  }
  return maps.length + outside.size;
}

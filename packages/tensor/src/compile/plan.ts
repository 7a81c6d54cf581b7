import { primitiveOf } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import type { TensorData } from '../dtype.ts';
import { sizeOf } from '../shape.ts';
import type { Graph } from '../device/device.ts';
import type { Variable } from '../variable.ts';
import { isAligned, type Computation, type Computations } from './computations.ts';
import { Units, type Unit } from './fuse.ts';

/** A place in memory that holds one tensor after another: in the program's arena, or a variable's. */
export interface Home {
  readonly variable: Variable | undefined;
  /** Bytes, a multiple of 64. */
  readonly bytes: number;
  /** First and last step at which it is in use. */
  start: number;
  end: number;
  /** Bytes from the start of the arena. */
  offset: number;
}

/** The order of a program's instructions and where each of its tensors lives. */
export interface Plan {
  readonly steps: readonly Unit[];
  readonly homes: ReadonlyMap<Tensor, Home>;
  readonly arenaBytes: number;
  readonly variables: readonly Variable[];
  readonly constants: readonly (readonly [Home, TensorData])[];
  /** Values computed elsewhere that have to be copied to their variable at the end. */
  readonly lateCopies: readonly (readonly [from: Tensor, to: Tensor])[];
}

/** Nodes whose elements others read: they need memory. The rest of a chain stays in registers. */
function visibleNodes(steps: readonly Unit[], { outputs, assignments }: Computations): Set<Tensor> {
  const visible = new Set<Tensor>([...outputs.values(), ...assignments.values()]);
  for (const { root, maps } of steps) {
    const inside = new Set(maps.map(({ node }) => node));
    if (root !== undefined) visible.add(root.node);
    const readers = root === undefined ? maps : [...maps, root];
    const isReduction = root !== undefined && primitiveOf(root.node).kind === 'reduce';
    for (const reader of readers) {
      for (const { base } of reader.operands) {
        if (!inside.has(base) || (reader === root && !isReduction)) visible.add(base);
      }
    }
  }
  return visible;
}

/** Orders the units, then gives every tensor that needs it a place; places are reused as soon as nobody reads them. */
export function plan(graph: Graph, computations: Computations, units: Units): Plan {
  const variableOf = new Map([...graph.variables].map(([variable, node]) => [node, variable]));
  const inPlace = new Map<Tensor, Tensor>();
  const lateCopies: [Tensor, Tensor][] = [];
  const readers = readersOf(units, computations);
  for (const [initial, value] of computations.assignments) {
    if (canUpdateInPlace(units, readers.get(initial) ?? [], initial, value)) inPlace.set(value, initial);
    else lateCopies.push([value, initial]);
  }
  const steps = schedule(units);
  const homes = new Map<Tensor, Home>();
  const last = steps.length;
  const home = (node: Tensor, start: number, end: number, variable?: Variable): Home => {
    const place: Home = { variable, bytes: Math.ceil(sizeOf(node.shape) / 16) * 64, start, end, offset: 0 };
    homes.set(node, place);
    return place;
  };

  for (const [node, variable] of variableOf) home(node, 0, last, variable);
  for (const node of graph.inputs.values()) home(node, 0, last);
  const constants: [Home, TensorData][] = [];
  for (const node of graph.nodes) {
    const data = node.trace.constants.get(node.id);
    if (node.op === 'constantData' && data !== undefined) constants.push([home(node, 0, last), data]);
    if (node.op === 'constant') {
      // Maps have the number in their code; other kernels read it from memory.
      const data = node.dtype === 'float32' ? new Float32Array(1) : new Int32Array(1);
      data[0] = Number(node.attributes.value);
      constants.push([home(node, 0, last), data]);
    }
  }

  const lastUse = lastUses(steps);
  for (const node of [...computations.outputs.values(), ...lateCopies.map(([from]) => from)]) lastUse.set(node, last);
  const visible = visibleNodes(steps, computations);
  steps.forEach((unit, step) => {
    const nodes = [unit.root, ...unit.maps].flatMap((each) =>
      each !== undefined && visible.has(each.node) ? [each.node] : [],
    );
    const given = new Set<Home>();
    for (const node of nodes) {
      const target = inPlace.get(node);
      const targetHome = target && homes.get(target);
      if (targetHome !== undefined) homes.set(node, targetHome);
    }
    // The raw result of a product comes last: it likes best to share the place of what its chain makes of it.
    for (const node of nodes.reverse()) {
      if (homes.has(node)) continue;
      const end = lastUse.get(node) ?? step;
      const reused = reusableHome(unit, node, step, homes, lastUse, given);
      if (reused === undefined) {
        given.add(home(node, step, end));
        continue;
      }
      reused.end = Math.max(reused.end, end);
      homes.set(node, reused);
      given.add(reused);
    }
  });
  const arenaBytes = placeHomes([...new Set(homes.values())].filter(({ variable }) => variable === undefined));
  return { steps, homes, arenaBytes, variables: [...variableOf.values()], constants, lateCopies };
}

/**
 * Whether a new value can be written over the old one: everybody else has read the old one before, and its own
 * instruction reads each element no later than it overwrites it. Orders the units accordingly.
 */
function canUpdateInPlace(units: Units, readingUnits: Iterable<number>, initial: Tensor, value: Tensor): boolean {
  const writer = units.of.get(value);
  if (writer === undefined || !readsInStep(units.all[writer], initial, value)) return false;
  const readers = [...readingUnits].filter((unit) => unit !== writer);
  if (readers.some((reader) => units.waitsFor(reader, writer))) return false;
  return readers.every((reader) => units.waitsFor(writer, reader) || units.order(writer, reader));
}

/** The units that read what assignments change. */
function readersOf(units: Units, { list, assignments }: Computations): ReadonlyMap<Tensor, ReadonlySet<number>> {
  const readers = new Map([...assignments.keys()].map((initial) => [initial, new Set<number>()]));
  for (const { node, operands } of list) {
    const unit = units.of.get(node);
    for (const { base } of operands) if (unit !== undefined) readers.get(base)?.add(unit);
  }
  return readers;
}

function computationsOf(unit: Unit): readonly Computation[] {
  return unit.root === undefined ? unit.maps : [unit.root, ...unit.maps];
}

function reads(unit: Unit, node: Tensor): boolean {
  return computationsOf(unit).some(({ operands }) => operands.some(({ base }) => base === node));
}

/** Whether a unit may write `value` over `source`: maps read it element by element, kernels do not read it at all. */
function readsInStep(unit: Unit, source: Tensor, value: Tensor): boolean {
  return computationsOf(unit).every((reader) =>
    reader.operands.every((view, i) => {
      if (view.base !== source) return true;
      if (!isAligned(view, reader.node.inputs[i].shape)) return false;
      if (reader !== unit.root) return sizeOf(source.shape) === sizeOf(value.shape);
      return primitiveOf(reader.node).inPlace === true && i === 0;
    }),
  );
}

/** The home of something that is not needed after this step and can be overwritten with `node`. */
function reusableHome(
  unit: Unit,
  node: Tensor,
  step: number,
  homes: ReadonlyMap<Tensor, Home>,
  lastUse: ReadonlyMap<Tensor, number>,
  given: ReadonlySet<Home>,
): Home | undefined {
  const kind = unit.root && primitiveOf(unit.root.node).kind;
  const isMap = unit.maps.some((map) => map.node === node);
  if (unit.root?.node === node && kind === 'matmul') {
    // In place of the chain's result, unless that is written over something the product or the chain still reads.
    const raw = (lastUse.get(node) ?? step) === step;
    const result = unit.maps.map((map) => homes.get(map.node)).find((home) => home?.start === step);
    const fits = result?.variable === undefined && result?.bytes === sizeBytes(node);
    return raw && fits ? result : undefined;
  }
  if (kind === 'reduce' || (!isMap && primitiveOf(node).inPlace !== true)) return undefined;
  for (const { operands } of computationsOf(unit)) {
    for (const { base } of operands) {
      const place = homes.get(base);
      if (place === undefined || place.variable !== undefined || given.has(place)) continue;
      const dies = place.end === step && lastUse.get(base) === step && place.start < step;
      if (dies && place.bytes === sizeBytes(node) && sizeOf(base.shape) === sizeOf(node.shape)) {
        const sharers = [...homes]
          .filter(([other, home]) => home === place && reads(unit, other))
          .map(([other]) => other);
        if (sharers.every((other) => readsInStep(unit, other, node))) return place;
      }
    }
  }
  return undefined;
}

function sizeBytes(node: Tensor): number {
  return Math.ceil(sizeOf(node.shape) / 16) * 64;
}

/**
 * An order in which every unit comes after those it waits for, close to the order in which the program was written. A
 * product has its own place there, not the later one of the chain after it: the gradient of a weight, into which the
 * optimizer's step is fused, is wanted while what it is made of is still in the cache and can be freed.
 */
function schedule(units: Units): Unit[] {
  const alive = units.alive;
  const position = new Map(
    alive.map((unit) => {
      const { root, maps } = units.all[unit];
      return [unit, (root ?? maps[maps.length - 1]).index];
    }),
  );
  const waiting = [...alive].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  const done = new Set<number>();
  const order: Unit[] = [];
  const visit = (unit: number): void => {
    if (done.has(unit)) return;
    done.add(unit);
    for (const other of waiting) if (other !== unit && units.waitsFor(unit, other)) visit(other);
    order.push(units.all[unit]);
  };
  for (const unit of waiting) visit(unit);
  return order;
}

function lastUses(steps: readonly Unit[]): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  steps.forEach((unit, step) => {
    for (const { operands } of computationsOf(unit)) for (const { base } of operands) last.set(base, step);
  });
  return last;
}

/** Packs homes whose times overlap side by side, largest first. @returns the bytes needed. */
function placeHomes(homes: Home[]): number {
  const placed: Home[] = [];
  let total = 0;
  for (const home of homes.sort((a, b) => b.bytes - a.bytes)) {
    const neighbours = placed.filter((other) => other.start <= home.end && home.start <= other.end);
    neighbours.sort((a, b) => a.offset - b.offset);
    for (const other of neighbours) {
      if (home.offset + home.bytes <= other.offset) break;
      home.offset = Math.max(home.offset, other.offset + other.bytes);
    }
    placed.push(home);
    total = Math.max(total, home.offset + home.bytes);
  }
  return total;
}

import type { Graph } from '../device/device.ts';
import { scalarValue } from '../ops/constant.ts';
import * as code from '../ops/opcodes.ts';
import { reductionSpace } from '../ops/axes.ts';
import { memoryText } from '../memory.ts';
import { primitiveOf, type Emit, type Operand } from '../primitive.ts';
import { sizeOf, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { TensorData } from '../dtype.ts';
import type { Variable } from '../variable.ts';
import { resolveViews, type Computation } from './computations.ts';
import { fuse, operandKind, type Unit } from './fuse.ts';
import { plan, type Home, type Plan } from './plan.ts';
import { contiguousStrides, type View } from './view.ts';

/** Where a tensor lies: in the arena or in a variable's memory. */
export interface Location {
  readonly variable: Variable | undefined;
  /** Elements from the start. */
  readonly offset: number;
}

/** A program for the kernels: see `kernels/program.h`. */
export interface Compiled {
  readonly code: Int32Array;
  readonly instructions: number;
  readonly arenaBytes: number;
  /** Entry 0 of the buffer table is the arena, entry i is variable i − 1. */
  readonly variables: readonly Variable[];
  readonly inputs: ReadonlyMap<string, Location>;
  readonly outputs: ReadonlyMap<string, Location>;
  /** What to write into the arena before the first run. */
  readonly constants: readonly (readonly [Location, TensorData])[];
}

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

function bitsOf(value: number, dtype: string): number {
  if (dtype !== 'float32') return value;
  floatBits[0] = value;
  return intBits[0];
}

/** Instructions count elements of the arena in 32 bits. */
const maximumArena = 4 * 2 ** 32;

/**
 * Compiles a graph: views resolved, chains fused, memory planned, instructions written.
 * @throws RangeError when it would take more memory than instructions can address.
 */
export function lower(graph: Graph): Compiled {
  const computations = resolveViews(graph);
  const planned = plan(graph, computations, fuse(computations));
  const { homes, variables } = planned;
  if (planned.arenaBytes > maximumArena) {
    const [needed, most] = [planned.arenaBytes, maximumArena].map(memoryText);
    throw new RangeError(`program: its tensors would take ${needed} of memory, a program can have ${most}`);
  }
  const buffers = new Map(variables.map((variable, i) => [variable, i + 1]));
  const words: number[] = [];
  let instructions = 0;

  const homeOf = (node: Tensor): Home => {
    const home = homes.get(node);
    if (home === undefined) throw new Error(`tensor '${node.op}' has no memory`);
    return home;
  };
  const place: PlaceOf = (node, plus = 0) => {
    const { variable, offset } = homeOf(node);
    return [variable === undefined ? 0 : (buffers.get(variable) ?? 0), offset / 4 + plus];
  };
  const write = (opcode: number, operands: readonly number[]): void => {
    words.push(opcode, operands.length + 2, ...operands);
    instructions++;
  };

  for (const unit of planned.steps) emitUnit(unit, planned, place, write);
  for (const [from, to] of planned.lateCopies) {
    write(code.OP_COPY, [1, sizeOf(from.shape), ...place(from), 1, ...place(to), 1]);
  }

  const location = (home: Home): Location => ({ variable: home.variable, offset: home.offset / 4 });
  const locate = (nodes: Iterable<readonly [string, Tensor]>): Map<string, Location> =>
    new Map([...nodes].map(([name, node]) => [name, location(homeOf(node))]));
  return {
    code: Int32Array.from(words),
    instructions,
    arenaBytes: planned.arenaBytes,
    variables,
    inputs: locate(graph.inputs),
    outputs: locate(computations.outputs),
    constants: planned.constants.map(([home, data]) => [location(home), data] as const),
  };
}

type PlaceOf = (node: Tensor, plus?: number) => readonly [buffer: number, offset: number];
type Write = (opcode: number, operands: readonly number[]) => void;

function emitUnit(unit: Unit, planned: Plan, place: PlaceOf, write: Write): void {
  const { root } = unit;
  if (root === undefined) {
    write(code.OP_MAP, bodyOf(unit, undefined, planned, place).words);
    return;
  }
  const kind = primitiveOf(root.node).kind;
  if (kind === 'reduce') emitReduce(unit, root, planned, place, write);
  else if (kind === 'matmul') emitProduct(unit, root, planned, place, write);
  else emitKernel(root, place, write);
}

function emitKernel({ node, operands }: Computation, place: PlaceOf, write: Write): void {
  // Primitives name their inputs; what is read may be another tensor's elements, or a copy.
  const placeOf = (tensor: Tensor, plus: number): readonly number[] => {
    const i = node.inputs.indexOf(tensor);
    return i === -1 ? place(tensor, plus) : place(operands[i].base, operands[i].offset + plus);
  };
  const words = (operand: Operand): readonly number[] => {
    if (typeof operand === 'number') return [operand];
    return 'tensor' in operand ? placeOf(operand.tensor, operand.plus) : placeOf(operand, 0);
  };
  const emit: Emit = (opcode, ...parts) => {
    const flat = parts.flatMap(words);
    const isEmptyCopy = opcode === code.OP_COPY && flat[0] === 1 && flat[2] === flat[5] && flat[3] === flat[6];
    if (!isEmptyCopy) write(opcode, flat);
  };
  primitiveOf(node).lower?.(node, emit, operands);
}

function reduceKind(node: Tensor): number {
  const float = node.inputs[0].dtype === 'float32';
  switch (node.op) {
    case 'sum':
      return float ? code.REDUCE_SUM : code.REDUCE_SUM_INT;
    case 'max':
      return float ? code.REDUCE_MAX : code.REDUCE_MAX_INT;
    case 'min':
      return float ? code.REDUCE_MIN : code.REDUCE_MIN_INT;
    default:
      return code.REDUCE_ARGMAX;
  }
}

function emitReduce(unit: Unit, root: Computation, planned: Plan, place: PlaceOf, write: Write): void {
  const space = reductionSpace(root.node);
  const body = bodyOf(unit, root, planned, place);
  const scale = bitsOf(1, 'float32');
  write(code.OP_REDUCE, [reduceKind(root.node), ...space, ...place(root.node), body.result, scale, ...body.words]);
}

function emitProduct(unit: Unit, root: Computation, planned: Plan, place: PlaceOf, write: Write): void {
  const { node, operands } = root;
  const batch = [...node.shape.slice(0, -2)];
  const n = node.shape[node.shape.length - 1];
  let m = node.shape[node.shape.length - 2];
  const k = node.inputs[0].shape[node.inputs[0].shape.length - 1];
  const [a, b] = operands.map((view, i) => productOperand(view, node.inputs[i].shape, batch.length));
  // Rows of several matrices that share the right operand are rows of one.
  while (batch.length > 0 && (b.batch.at(-1) === 0 || batch.at(-1) === 1)) {
    const extent = batch[batch.length - 1];
    const rows = a.batch[a.batch.length - 1];
    if (extent > 1 && rows !== m * a.row && m > 1) break;
    if (m === 1 && extent > 1) {
      // A single row may be read by any stride; of several, rows or columns must be contiguous.
      if (k > 1 && rows !== 1 && a.column !== 1) break;
      a.row = rows;
    }
    m *= extent;
    batch.pop();
    a.batch.pop();
    b.batch.pop();
  }
  // An axis of size 1 may have any stride: choose one that makes the operand look regular.
  if (m === 1 && a.column !== 1) a.row = 1;
  if (k === 1 && a.row !== 1) a.column = 1;
  if (k === 1 && b.column !== 1) b.row = 1;
  if (n === 1 && b.row !== 1) b.column = 1;
  const hasChain = unit.maps.length > 0;
  write(code.OP_MATMUL, [
    ...[m, n, k, batch.length],
    ...[...place(a.view.base, a.view.offset), a.row, a.column],
    ...[...place(b.view.base, b.view.offset), b.row, b.column],
    ...place(node),
    Number(hasChain),
    ...batch,
    ...a.batch,
    ...b.batch,
    ...(hasChain ? bodyOf(unit, undefined, planned, place).words : []),
  ]);
}

interface ProductOperand {
  readonly view: View;
  row: number;
  column: number;
  /** Strides of the result's leading axes; 0 where the operand is repeated. */
  readonly batch: number[];
}

function productOperand(view: View, shape: Shape, batchAxes: number): ProductOperand {
  const missing = batchAxes - (shape.length - 2);
  const batch = Array.from({ length: batchAxes }, (_, axis) => {
    const own = axis - missing;
    return own < 0 || shape[own] === 1 ? 0 : view.strides[own];
  });
  const [row, column] = view.strides.slice(-2);
  return { view, row, column, batch };
}

interface Body {
  readonly words: readonly number[];
  /** The register that a reduction reduces. */
  readonly result: number;
}

/** The instruction words of a chain of maps. */
function bodyOf(unit: Unit, reduction: Computation | undefined, planned: Plan, place: PlaceOf): Body {
  const space = reduction === undefined ? unit.maps[0].node.shape : reduction.node.inputs[0].shape;
  const dims = unit.dims ?? reductionDims(reduction) ?? [sizeOf(space)];
  const inside = new Set(unit.maps.map(({ node }) => node));
  const inputs = collectInputs(unit, reduction, inside);
  const registers = new Map<Tensor, number>();
  const inputRegisters = new Map(inputs.map(({ key }, register) => [key, register]));
  const registerOf = (view: View, shape: Shape): number =>
    registers.get(view.base) ?? inputRegisters.get(inputKey(view, shape)) ?? -1;

  const products = fusedProducts(unit, inside, planned);
  const operations: number[][] = [];
  let next = inputs.length;
  const lastRead = new Map<number, number>();
  for (const { node, operands } of unit.maps) {
    if (products.has(node)) continue;
    const read = (views: readonly View[], shape: Shape): number[] => views.map((view) => registerOf(view, shape));
    const factor = operands.findIndex(({ base }) => products.has(base));
    let opcode = primitiveOf(node).opcode?.(node) ?? code.MAP_COPY;
    let sources = read(operands, node.shape);
    if (factor !== -1) {
      const product = products.get(operands[factor].base);
      if (product !== undefined) {
        opcode = code.MAP_MUL_ADD;
        sources = [...read(product.operands, product.node.shape), ...read([operands[1 - factor]], node.shape)];
      }
    }
    for (const source of sources) lastRead.set(source, operations.length);
    const register = next++;
    registers.set(node, register);
    operations.push([opcode, register, sources[0] ?? 0, sources[1] ?? 0, sources[2] ?? 0]);
  }

  const outputs = reduction === undefined ? unit.maps.filter(({ node }) => planned.homes.has(node)) : [];
  const written = outputs.map(({ node }) => {
    const register = registers.get(node) ?? 0;
    const home = planned.homes.get(node);
    const at = operations.findIndex((operation) => operation[1] === register);
    const overwrites = inputs.some(
      (input, i) =>
        input.constant === undefined && planned.homes.get(input.view.base) === home && (lastRead.get(i) ?? -1) > at,
    );
    return [register, ...place(node), Number(!overwrites)];
  });

  const regular = collapse(dims, inputs);
  const inputWords = inputs.map((input, i) => {
    if (input.constant !== undefined) return [code.INPUT_CONSTANT, input.constant, 0, ...regular.dims.map(() => 0)];
    return [input.kind, ...place(input.view.base, input.view.offset), ...regular.strides[i]];
  });
  const result = reduction === undefined ? 0 : registerOf(reduction.operands[0], space);
  const counts = [sizeOf(space), regular.dims.length, inputs.length, operations.length, outputs.length];
  const words = [counts, regular.dims, ...inputWords, ...operations, ...written].flat();
  return { words, result };
}

/** A reduction that reads a view directly has the axes of that view. */
function reductionDims(reduction: Computation | undefined): Shape | undefined {
  if (reduction === undefined) return undefined;
  const { shape } = reduction.node.inputs[0];
  return operandKind(reduction.operands[0], shape) === 'strided' ? shape : undefined;
}

interface Input {
  readonly key: string;
  readonly view: View;
  readonly kind: number;
  /** Bits of the number, for constants. */
  readonly constant: number | undefined;
  readonly strides: readonly number[] | undefined;
}

function inputKey(view: View, shape: Shape): string {
  const kind = operandKind(view, shape);
  return `${view.base.id}+${view.offset}${kind === 'strided' ? view.strides.join() : kind}`;
}

/** What a chain reads from memory, each thing once. */
function collectInputs(unit: Unit, reduction: Computation | undefined, inside: ReadonlySet<Tensor>): Input[] {
  const inputs = new Map<string, Input>();
  const readers = reduction === undefined ? unit.maps : [...unit.maps, reduction];
  for (const { node, operands } of readers) {
    operands.forEach((view, i) => {
      if (inside.has(view.base)) return;
      const shape = node.inputs[i].shape;
      const key = inputKey(view, shape);
      if (inputs.has(key)) return;
      const kind = operandKind(view, shape);
      const constant = view.base.op === 'constant' ? bitsOf(scalarValue(view.base), view.base.dtype) : undefined;
      inputs.set(key, {
        key,
        view,
        kind: { contiguous: code.INPUT_CONTIGUOUS, scalar: code.INPUT_SCALAR, strided: code.INPUT_STRIDED }[kind],
        constant,
        strides: kind === 'strided' ? view.strides : undefined,
      });
    });
  }
  return [...inputs.values()];
}

/** Products inside a chain that only one sum reads: they become one multiply-add. */
function fusedProducts(unit: Unit, inside: ReadonlySet<Tensor>, planned: Plan): Map<Tensor, Computation> {
  const uses = new Map<Tensor, Computation[]>();
  for (const map of unit.maps) {
    for (const { base } of map.operands) {
      if (inside.has(base)) uses.set(base, [...(uses.get(base) ?? []), map]);
    }
  }
  const products = new Map<Tensor, Computation>();
  const sums = new Set<Tensor>();
  for (const map of unit.maps) {
    const users = uses.get(map.node) ?? [];
    if (map.node.op !== 'mul' || map.node.dtype !== 'float32' || users.length !== 1 || planned.homes.has(map.node))
      continue;
    const [user] = users;
    if (user.node.op !== 'add' || sums.has(user.node)) continue;
    products.set(map.node, map);
    sums.add(user.node);
  }
  return products;
}

/** Joins neighbouring axes that every strided input passes over evenly, so that kernels see as few as possible. */
function collapse(dims: Shape, inputs: readonly Input[]): { dims: number[]; strides: number[][] } {
  const all = inputs.map((input) => {
    if (input.strides !== undefined) return [...input.strides];
    return input.kind === code.INPUT_CONTIGUOUS ? contiguousStrides(dims) : dims.map(() => 0);
  });
  const kept: number[] = [];
  const strides = all.map((): number[] => []);
  dims.forEach((extent, axis) => {
    if (extent === 1 && !(axis === dims.length - 1 && kept.length === 0)) return;
    const joins = kept.length > 0 && all.every((own, i) => strides[i][strides[i].length - 1] === own[axis] * extent);
    if (joins) kept[kept.length - 1] *= extent;
    else kept.push(extent);
    all.forEach((own, i) => {
      if (joins) strides[i][strides[i].length - 1] = own[axis];
      else strides[i].push(own[axis]);
    });
  });
  return { dims: kept, strides };
}

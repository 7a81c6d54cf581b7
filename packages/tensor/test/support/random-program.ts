import type { InputSpec, Shape, Tensor, Variable } from '../../src/index.ts';
import * as g from '../../src/index.ts';
import type { TestRandom } from './random.ts';

/** What random programs work on: inputs, variables, and no tensor with more than `largest` elements. */
export interface Setting {
  readonly inputs: Readonly<Record<'x' | 'image' | 'integers' | 'index' | 'key', InputSpec>>;
  readonly variables: readonly Shape[];
  readonly largest: number;
}

function setting(rows: number, columns: number, largest: number): Setting {
  return {
    inputs: {
      x: [rows, columns],
      image: [2, 5, 5, 3],
      integers: { shape: [4], dtype: 'int32' },
      index: { shape: [], dtype: 'int32' },
      key: { shape: [2], dtype: 'int32' },
    },
    variables: [[rows, columns], [rows, columns], [columns], [columns, columns], [3, 2, columns - 2], []],
    largest,
  };
}

/** Kernels go through memory in blocks of 512 elements: tensors that are smaller, and such that are larger. */
export const settings: Readonly<Record<'small' | 'large', Setting>> = {
  small: setting(4, 6, 400),
  large: setting(25, 36, 2000),
};

/** A node of the program that is being made; floats are between about −1 and 1, and no operation spreads errors much. */
type Maker = (pool: Pool, random: TestRandom) => Tensor | undefined;

class Pool {
  readonly floats: Tensor[] = [];
  /** Small integers, exact on every device: only they are compared, so that rounding cannot decide anything. */
  readonly integers: Tensor[] = [];
  readonly random: TestRandom;
  readonly largest: number;

  constructor(random: TestRandom, largest: number) {
    this.random = random;
    this.largest = largest;
  }

  /** A node, more likely a late one, so that the graph gets deep. */
  float(accepts: (x: Tensor) => boolean = () => true): Tensor | undefined {
    const fitting = this.floats.filter(accepts);
    const { random } = this;
    return fitting[Math.max(random.integer(fitting.length), random.integer(fitting.length))];
  }

  /** A node that broadcasts with `other` to a shape that is not too large. */
  partner(other: Tensor): Tensor | undefined {
    return this.float(({ shape }) => broadcastSize(shape, other.shape) <= this.largest);
  }
}

function broadcastSize(a: Shape, b: Shape): number {
  const rank = Math.max(a.length, b.length);
  let size = 1;
  for (let axis = 1; axis <= rank; axis++) {
    const [m, n] = [a.at(-axis) ?? 1, b.at(-axis) ?? 1];
    if (m !== n && m !== 1 && n !== 1) return Infinity;
    size *= Math.max(m, n);
  }
  return size;
}

const unary: readonly ((x: Tensor) => Tensor)[] = [
  g.tanh,
  g.sin,
  g.cos,
  g.sigmoid,
  g.relu,
  g.abs,
  g.square,
  g.neg,
  g.erf,
  g.silu,
  g.stopGradient,
  (x) => g.mul(g.exp(x), 0.3),
  (x) => g.mul(g.expm1(x), 0.5),
  (x) => g.mul(g.softplus(x), 0.7),
  (x) => g.log(g.add(g.abs(x), 0.5)),
  (x) => g.log1p(g.abs(x)),
  (x) => g.sqrt(g.add(g.square(x), 0.2)),
  (x) => g.reciprocal(g.add(1.2, g.square(x))),
  (x) => g.clip(x, -0.4, 0.5),
  (x) => g.softmax(x.shape.length === 0 ? g.reshape(x, [1]) : x),
  (x) => g.mul(g.layerNorm(x.shape.length === 0 ? g.reshape(x, [1]) : x, { epsilon: 1 }), 0.5),
];

const binary: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => g.mul(g.add(a, b), 0.5),
  (a, b) => g.mul(g.sub(a, b), 0.5),
  g.mul,
  g.minimum,
  g.maximum,
  (a, b) => g.div(a, g.add(2, g.abs(b))),
  (a, b) => g.add(g.mul(a, g.mul(b, 0.5)), g.mul(a, -0.5)),
  (a, b) => g.tanh(g.add(g.mul(a, 0.9), g.mul(b, a))),
];

function randomAxes(rank: number, random: TestRandom): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => random.nextFloat() < 0.5);
  return axes.length > 0 ? axes : [random.integer(rank)];
}

const isRanked = (x: Tensor): boolean => x.shape.length > 0;

const views: readonly ((x: Tensor, random: TestRandom) => Tensor)[] = [
  (x, random) => {
    const axes = x.shape.map((_, axis) => axis);
    return g.transpose(
      x,
      axes.sort(() => random.nextFloat() - 0.5),
    );
  },
  (x) => g.transpose(x),
  (x, random) => {
    const begin = x.shape.map((extent) => random.integer(extent));
    return g.slice(
      x,
      begin,
      x.shape.map((extent, axis) => 1 + random.integer(extent - begin[axis])),
    );
  },
  (x) => g.reshape(x, [-1]),
  (x, random) => {
    if (x.shape.length < 2) return g.expandDims(x, random.integer(2));
    const at = random.integer(x.shape.length - 1);
    return g.reshape(x, [...x.shape.slice(0, at), x.shape[at] * x.shape[at + 1], ...x.shape.slice(at + 2)]);
  },
  (x, random) => {
    const at = random.integer(x.shape.length);
    const part = x.shape[at] % 2 === 0 ? 2 : 1;
    return g.reshape(x, [...x.shape.slice(0, at), part, x.shape[at] / part, ...x.shape.slice(at + 1)]);
  },
  (x, random) => g.broadcastTo(x, [1 + random.integer(3), ...x.shape]),
];

const makers: readonly Maker[] = [
  (pool, random) => {
    const x = pool.float();
    return x && random.pick(unary)(x);
  },
  (pool, random) => {
    const a = pool.float();
    const b = a && pool.partner(a);
    return a && b && random.pick(binary)(a, b);
  },
  (pool, random) => {
    const x = pool.float((each) => isRanked(each) && each.shape.length < 5 && g.sizeOf(each.shape) <= pool.largest / 3);
    return x && random.pick(views)(x, random);
  },
  // A matrix against its own transpose, or against a node in another layout: what chains must not read out of step.
  (pool) => {
    const x = pool.float(({ shape }) => shape.length >= 2 && shape.at(-1) === shape.at(-2));
    return x && g.mul(g.add(x, g.transpose(x)), 0.5);
  },
  (pool, random) => {
    const x = pool.float(isRanked);
    if (x === undefined) return undefined;
    const options = { axis: randomAxes(x.shape.length, random), keepDims: random.nextFloat() < 0.5 };
    return random.pick([g.mean, g.max, g.min, g.mean])(x, options);
  },
  (pool, random) => {
    const x = pool.float(isRanked);
    if (x === undefined) return undefined;
    const axis = random.integer(x.shape.length);
    return g.mul(g.cumulativeSum(x, { axis, reverse: random.nextFloat() < 0.5 }), 1 / x.shape[axis]);
  },
  (pool) => product(pool),
  (pool) => product(pool),
  (pool) => attention(pool),
  (pool, random) => {
    const x = pool.float((each) => isRanked(each) && g.sizeOf(each.shape) <= pool.largest / 3);
    const parts = x && [x, pool.float(({ shape }) => shape.join() === x.shape.join()) ?? x];
    return parts && g.concat(parts, random.integer(parts[0].shape.length));
  },
  (pool, random) => {
    const x = pool.float((each) => g.sizeOf(each.shape) <= pool.largest / 4 && each.shape.length < 4);
    return (
      x &&
      g.pad(
        x,
        x.shape.map(() => [random.integer(2), random.integer(2)] as const),
      )
    );
  },
  (pool, random) => {
    const rows = random.pick(pool.integers);
    const table = pool.float(({ shape }) => shape.length > 0 && shape.length < 3 && shape[0] >= 3);
    return table && rows.shape.length === 1 ? g.embedding(table, rows) : undefined;
  },
  (pool, random) => {
    const rows = random.pick(pool.integers);
    const updates = pool.float(
      ({ shape }) => shape.length === 2 && shape[0] === rows.shape[0] && rows.shape.length === 1,
    );
    return updates && g.mul(g.scatterAdd(updates, rows, [3, updates.shape[1]]), 0.3);
  },
  (pool, random) => {
    const [a, b] = [random.pick(pool.integers), random.pick(pool.integers)];
    if (broadcastSize(a.shape, b.shape) > pool.largest) return undefined;
    const mask = random.pick([g.less, g.lessEqual, g.equal, g.notEqual, g.greater])(a, b);
    const x = pool.float(({ shape }) => broadcastSize(shape, mask.shape) <= pool.largest);
    const chosen = random.nextFloat() < 0.3 ? g.logicalNot(mask) : mask;
    return x && g.where(chosen, x, g.mul(x, -0.5));
  },
  (pool, random) => g.mul(g.cast(random.pick(pool.integers), 'float32'), 0.1),
  (pool, random) => {
    const rows = random.pick(pool.integers);
    return rows.shape.length === 1 ? g.oneHot(rows, 3) : undefined;
  },
  (pool, random) => {
    const x = pool.float(({ shape }) => shape.length > 1 && shape[0] >= 3);
    const size = 1;
    return x && g.sliceAt(x, pool.integers[1], { size, axis: x.shape[1] >= 3 ? random.integer(2) : 0 });
  },
  (pool) => {
    const x = pool.float(({ shape }) => shape.length > 1 && shape[0] >= 3);
    const update = x && pool.float(({ shape }) => shape.join() === [1, ...x.shape.slice(1)].join());
    return (
      x &&
      g.updateAt(
        x,
        update ??
          g.slice(
            x,
            x.shape.map(() => 0),
            [1, ...x.shape.slice(1)],
          ),
        pool.integers[1],
      )
    );
  },
];

/** A matrix product with another node that fits, or with the node itself transposed; the result is a mean. */
function product(pool: Pool): Tensor | undefined {
  const a = pool.float(({ shape }) => shape.length >= 2);
  if (a === undefined) return undefined;
  const k = a.shape[a.shape.length - 1];
  const b = pool.float(
    ({ shape }) =>
      shape.length >= 2 &&
      shape.at(-2) === k &&
      broadcastSize(shape.slice(0, -2), a.shape.slice(0, -2)) * shape.at(-1)! * a.shape.at(-2)! <= pool.largest,
  );
  const right = b !== undefined && pool.random.nextFloat() < 0.7 ? b : g.transpose(a);
  if (g.sizeOf(a.shape) * a.shape.at(-2)! > 30 * pool.largest) return undefined;
  return g.mul(g.matmul(a, right), 1 / k);
}

/** Attention among the rows of up to three nodes that fit. */
function attention(pool: Pool): Tensor | undefined {
  const queries = pool.float(({ shape }) => shape.length >= 2 && g.sizeOf(shape) * shape.at(-2)! <= 30 * pool.largest);
  if (queries === undefined) return undefined;
  const matrix = queries.shape.slice(-2).join();
  const other = (): Tensor =>
    pool.float(
      ({ shape }) =>
        shape.slice(-2).join() === matrix && broadcastSize(shape, queries.shape) * shape.at(-2)! <= 30 * pool.largest,
    ) ?? queries;
  return g.causalAttention(queries, other(), other());
}

/**
 * Traces a random program: a pool of nodes grows by random operations on its members; variables are assigned on the way and
 * read afterwards; a gradient may be taken; some nodes, views among them, become outputs.
 */
export function randomProgram(
  { largest }: Setting,
  inputs: Readonly<Record<keyof Setting['inputs'], Tensor>>,
  variables: readonly Variable[],
  random: TestRandom,
): Record<string, Tensor> {
  const pool = new Pool(random, largest);
  pool.integers.push(inputs.integers, inputs.index, g.range(3));
  pool.floats.push(inputs.x, g.randomUniform(inputs.key, [5]), g.constant([3], [0.5, -0.25, 0.75]), g.scalar(0.6));
  for (const variable of variables) pool.floats.push(g.asTensor(variable));
  if (random.nextFloat() < 0.4) {
    const filters = g.constant([2, 3, 3, 2], Array.from(random.floats(36, -0.3, 0.3)));
    const padding = random.pick(['same', 'valid'] as const);
    pool.floats.push(g.tanh(g.conv2d(inputs.image, filters, { stride: 1 + random.integer(2), padding })));
  }
  const steps = 5 + random.integer(25);
  for (let step = 0; step < steps; step++) {
    if (random.nextFloat() < 0.15) assignSomething(pool, variables);
    const made = random.pick(makers)(pool, random);
    if (made !== undefined && g.sizeOf(made.shape) <= pool.largest) pool.floats.push(made);
  }
  if (random.nextFloat() < 0.3) addGradients(pool, variables);
  const names = ['a', 'b', 'c', 'd'].slice(0, 1 + random.integer(4));
  return Object.fromEntries(names.map((name) => [name, pool.float()!]));
}

/** Gives a variable a new value, or swaps two, and lets later operations read it. */
function assignSomething(pool: Pool, variables: readonly Variable[]): void {
  const { random } = pool;
  const target = random.pick(variables);
  if (random.nextFloat() < 0.15) {
    const [first, second] = [g.asTensor(variables[0]), g.asTensor(variables[1])];
    g.assign(variables[0], second);
    g.assign(variables[1], first);
  } else if (random.nextFloat() < 0.3 && target.shape.length > 1) {
    const block = [1, ...target.shape.slice(1)];
    const row = pool.float(({ shape }) => shape.join() === block.join()) ?? g.broadcastTo(g.scalar(0.3), block);
    g.assign(target, g.updateAt(target, row, pool.integers[1], { axis: 0 }));
  } else {
    const value = pool.float(({ shape }) => shape.join() === target.shape.join());
    if (value === undefined) return;
    g.assign(target, random.nextFloat() < 0.5 ? value : g.add(g.mul(target, 0.5), g.mul(value, 0.4)));
  }
  pool.floats.push(g.asTensor(target));
}

function addGradients(pool: Pool, variables: readonly Variable[]): void {
  const end = pool.float()!;
  for (const gradient of g.grad(g.mean(end), variables.slice(0, 4))) pool.floats.push(g.tanh(gradient));
}

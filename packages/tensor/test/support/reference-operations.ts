import type { Tensor } from '../../src/index.ts';
import { sizeOf } from '../../src/index.ts';
import { indicesOf, positionOf, type Values } from './row-major.ts';
import { threefry } from './threefry.ts';

type Rule = (node: Tensor, inputs: readonly Values[]) => ArrayLike<number>;

/** 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!, a series whose terms all have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

const elementwise: Readonly<Record<string, (a: number, b: number, c: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => Math.max(x, 0),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  square: (x) => x * x,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  erf,
  floor: Math.floor,
  sign: Math.sign,
  abs: Math.abs,
  neg: (x) => -x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  logicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  logicalOr: (a, b) => Number(a !== 0 || b !== 0),
  logicalNot: (a) => Number(a === 0),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  stopGradient: (x) => x,
  withGradient: (x) => x,
  reshape: (x) => x,
};

/** Picks, for each index of the result, an element of the first input (or 0 where there is none). */
function picked(node: Tensor, values: Values, source: (index: number[]) => number[] | undefined): number[] {
  const { shape } = node.inputs[0];
  return indicesOf(node.shape).map((index) => {
    const from = source(index);
    return from === undefined ? 0 : values[positionOf(from, shape)];
  });
}

/** Folds the elements that a reduction puts together, in order. */
function reduced(node: Tensor, values: Values, fold: (elements: number[]) => number): number[] {
  const { start, end } = node.attributes as { start: number; end: number };
  const { shape } = node.inputs[0];
  const groups = Array.from({ length: sizeOf(node.shape) }, (): number[] => []);
  indicesOf(shape).forEach((index, i) => {
    const kept = index.filter((_, axis) => axis < start || axis >= end);
    groups[positionOf(kept, node.shape)].push(values[i]);
  });
  return groups.map(fold);
}

/** Which elements of the first operand and of the result a product with a triangle has; all others are zero. */
const triangles: Readonly<Record<string, readonly ['left' | 'result', (row: number, column: number) => boolean]>> = {
  lowerResult: ['result', (row, column) => column <= row],
  lowerLeft: ['left', (row, column) => column <= row],
  upperLeft: ['left', (row, column) => column >= row],
};

function matmul(node: Tensor, [a, b]: readonly Values[]): number[] {
  const [place, isInside] = triangles[node.attributes.triangle as string] ?? ['none', () => true];
  const [left, right] = node.inputs.map(({ shape }) => shape);
  const inner = left[left.length - 1];
  const element = (index: readonly number[], shape: readonly number[], values: Values): number => {
    const own = index.slice(index.length - shape.length);
    return values[
      positionOf(
        own.map((i, axis) => (shape[axis] === 1 ? 0 : i)),
        shape,
      )
    ];
  };
  return indicesOf(node.shape).map((index) => {
    const [row, column] = index.slice(-2);
    const batch = index.slice(0, -2);
    if (place === 'result' && !isInside(row, column)) return 0;
    let total = 0;
    for (let k = 0; k < inner; k++) {
      if (place === 'left' && !isInside(row, k)) continue;
      total += element([...batch, row, k], left, a) * element([...batch, k, column], right, b);
    }
    return total;
  });
}

interface Windows {
  readonly stride: number;
  readonly pad: readonly [number, number];
}

/** The pixel that a place of a window reads; undefined outside the image. */
function pixelOf(node: Tensor, image: readonly number[]): (index: number[]) => number[] | undefined {
  const { stride, pad } = node.attributes as unknown as Windows;
  return ([batch, y, x, row, column, channel]) => {
    const pixel = [batch, y * stride + row - pad[0], x * stride + column - pad[1], channel];
    return pixel.every((i, axis) => i >= 0 && i < image[axis]) ? pixel : undefined;
  };
}

const rules: Readonly<Record<string, Rule>> = {
  constant: (node) => [Number(node.attributes.value)],
  constantData: (node) => node.trace.constants.get(node.id)!,
  cast: (node, [x]) => x.map((value) => castTo(node.dtype, value)),
  broadcast: (node, [x]) => {
    const { shape } = node.inputs[0];
    return picked(node, x, (index) =>
      index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i)),
    );
  },
  transpose: (node, [x]) => {
    const permutation = node.attributes.permutation as number[];
    return picked(node, x, (index) => permutation.map((_, axis) => index[permutation.indexOf(axis)]));
  },
  slice: (node, [x]) =>
    picked(node, x, (index) => index.map((i, axis) => i + (node.attributes.begin as number[])[axis])),
  pad: (node, [x]) => {
    const { shape } = node.inputs[0];
    return picked(node, x, (index) => {
      const from = index.map((i, axis) => i - (node.attributes.amounts as number[][])[axis][0]);
      return from.every((i, axis) => i >= 0 && i < shape[axis]) ? from : undefined;
    });
  },
  concat: (node, inputs) => {
    const axis = node.attributes.axis as number;
    return indicesOf(node.shape).map((index) => {
      const from = [...index];
      let part = 0;
      while (from[axis] >= node.inputs[part].shape[axis]) from[axis] -= node.inputs[part++].shape[axis];
      return inputs[part][positionOf(from, node.inputs[part].shape)];
    });
  },
  sum: (node, [x]) => reduced(node, x, (elements) => elements.reduce((total, element) => total + element, 0)),
  max: (node, [x]) => reduced(node, x, (elements) => Math.max(...elements)),
  min: (node, [x]) => reduced(node, x, (elements) => Math.min(...elements)),
  argmax: (node, [x]) => reduced(node, x, (elements) => elements.indexOf(Math.max(...elements))),
  cumulativeSum: (node, [x]) => {
    const { start, reverse } = node.attributes as { start: number; reverse: boolean };
    return indicesOf(node.shape).map((index) => {
      const [from, to] = reverse ? [index[start], node.shape[start] - 1] : [0, index[start]];
      let total = 0;
      for (let i = from; i <= to; i++) total += x[positionOf(index.with(start, i), node.shape)];
      return total;
    });
  },
  matmul,
  causalSoftmax: (node, [x]) => {
    const columns = node.shape.at(-1)!;
    return indicesOf(node.shape).map((index, i) => {
      const [row, column] = index.slice(-2);
      if (column > row) return 0;
      const start = i - column;
      const seen = x.subarray(start, start + Math.min(row + 1, columns));
      const largest = Math.max(...seen);
      return Math.exp(x[i] - largest) / seen.reduce((total, each) => total + Math.exp(each - largest), 0);
    });
  },
  im2col: (node, [image]) => picked(node, image, pixelOf(node, node.inputs[0].shape)),
  col2im: (node, [patches]) => {
    const result = new Float64Array(sizeOf(node.shape));
    const pixel = pixelOf(node, node.shape);
    indicesOf(node.inputs[0].shape).forEach((index, i) => {
      const to = pixel(index);
      if (to !== undefined) result[positionOf(to, node.shape)] += patches[i];
    });
    return result;
  },
  gatherRows: (node, [table, index]) => {
    const width = sizeOf(node.inputs[0].shape.slice(1));
    return [...index].flatMap((row) => [...table.subarray(row * width, (row + 1) * width)]);
  },
  scatterAdd: (node, [updates, index]) => {
    const width = sizeOf(node.shape.slice(1));
    const result = new Float64Array(sizeOf(node.shape));
    index.forEach((row, i) => {
      for (let j = 0; j < width; j++) result[row * width + j] += updates[i * width + j];
    });
    return result;
  },
  gatherEach: (node, [x, index]) => {
    const width = node.inputs[0].shape.at(-1)!;
    return Array.from(index, (column, row) => x[row * width + column]);
  },
  scatterEach: (node, [updates, index]) => {
    const width = node.shape.at(-1)!;
    const result = new Float64Array(sizeOf(node.shape));
    index.forEach((column, row) => (result[row * width + column] = updates[row]));
    return result;
  },
  sliceAt: (node, [x, [start]]) => {
    const axis = node.attributes.axis as number;
    return picked(node, x, (index) => index.with(axis, index[axis] + start));
  },
  updateAt: (node, [x, update, [start]]) => {
    const axis = node.attributes.axis as number;
    const { shape } = node.inputs[1];
    return indicesOf(node.shape).map((index, i) => {
      const own = index[axis] - start;
      return own >= 0 && own < shape[axis] ? update[positionOf(index.with(axis, own), shape)] : x[i];
    });
  },
  randomUniform: (node, [key]) =>
    Array.from({ length: sizeOf(node.shape) }, (_, i) => {
      const words = threefry([key[0], key[1]], [i >> 1, node.attributes.stream as number]);
      return Math.floor(words[i & 1] / 256) * 2 ** -24;
    }),
};

function castTo(dtype: Tensor['dtype'], value: number): number {
  if (dtype === 'bool') return Number(value !== 0);
  return dtype === 'int32' ? Math.trunc(value) : value;
}

/** Computes one node from its inputs. */
export function evaluateNode(node: Tensor, inputs: readonly Values[]): Values {
  const map = elementwise[node.op];
  if (map !== undefined) return inputs[0].map((x, i) => map(x, inputs[1]?.[i], inputs[2]?.[i]));
  return Float64Array.from(rules[node.op](node, inputs));
}

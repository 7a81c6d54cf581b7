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

/** The element of a tensor at an index of what it is broadcast to. */
function broadcastElement(index: readonly number[], shape: readonly number[], values: Values): number {
  const own = index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return values[positionOf(own, shape)];
}

function matmul(node: Tensor, [a, b]: readonly Values[]): number[] {
  const [left, right] = node.inputs.map(({ shape }) => shape);
  const inner = left[left.length - 1];
  return indicesOf(node.shape).map((index) => {
    const [row, column] = index.slice(-2);
    const batch = index.slice(0, -2);
    let total = 0;
    for (let k = 0; k < inner; k++) {
      total += broadcastElement([...batch, row, k], left, a) * broadcastElement([...batch, k, column], right, b);
    }
    return total;
  });
}

/** Attention, and its gradients where `gradient` is given: one sum over keys after the other. */
function attention(node: Tensor, inputs: readonly Values[], hasGradient: boolean): number[] {
  const [q, k, v] = node.inputs.map(({ shape }, i) => (index: number[]) => {
    return broadcastElement(index, shape, inputs[i]);
  });
  const out = hasGradient ? node.inputs.at(-2)!.shape : node.shape;
  const leading = [...out.slice(0, Math.min(1, out.length - 2)), ...out.slice(2, -1)];
  const [time, size] = node.inputs[0].shape.slice(-2);
  const [positions, width] = node.inputs[2].shape.slice(-2);
  const hasMask = node.inputs.length === (hasGradient ? 6 : 4);
  const isSeen = (head: number[], i: number, j: number): boolean =>
    !(node.attributes.causal === true && j > i + positions - time) &&
    !(hasMask && broadcastElement([...head, j], node.inputs[3].shape, inputs[3]) === 0);
  /** Where an element of a result with time first is. */
  const place = (head: number[], i: number, column: number, rows: number, columns: number): number =>
    positionOf(
      [...head.slice(0, 1), i, ...head.slice(1), column],
      [...leading.slice(0, 1), rows, ...leading.slice(1), columns],
    );
  const batch = sizeOf(leading);
  const result = new Float64Array(batch * time * width);
  const [toQ, toK, toV] = [time * size, positions * size, positions * width].map(
    (each) => new Float64Array(batch * each),
  );
  for (const head of indicesOf(leading)) {
    for (let i = 0; i < time; i++) {
      const seen = Array.from({ length: positions }, (_, j) => j).filter((j) => isSeen(head, i, j));
      const dot = (j: number): number =>
        Array.from({ length: size }, (_, c) => q([...head, i, c]) * k([...head, j, c])).reduce((a, b) => a + b, 0);
      const scores = seen.map((j) => dot(j) / Math.sqrt(size));
      const largest = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
      const weights = scores.map((score) => Math.exp(score - largest) / total);
      const columns = Array.from({ length: width }, (_, c) => c);
      if (!hasGradient) {
        for (const c of columns)
          result[place(head, i, c, time, width)] = seen.reduce((sum, j, s) => sum + weights[s] * v([...head, j, c]), 0);
        continue;
      }
      const gradient = columns.map((c) => inputs.at(-1)![place(head, i, c, time, width)]);
      const toWeights = seen.map((j) => columns.reduce((sum, c) => sum + gradient[c] * v([...head, j, c]), 0));
      const mean = weights.reduce((sum, weight, s) => sum + weight * toWeights[s], 0);
      seen.forEach((j, s) => {
        const toScore = (weights[s] * (toWeights[s] - mean)) / Math.sqrt(size);
        for (let c = 0; c < size; c++) {
          toQ[place(head, i, c, time, size)] += toScore * k([...head, j, c]);
          toK[place(head, j, c, positions, size)] += toScore * q([...head, i, c]);
        }
        for (const c of columns) toV[place(head, j, c, positions, width)] += weights[s] * gradient[c];
      });
    }
  }
  return hasGradient ? [...toQ, ...toK, ...toV] : [...result];
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
  attention: (node, inputs) => attention(node, inputs, false),
  attentionGradient: (node, inputs) => attention(node, inputs, true),
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

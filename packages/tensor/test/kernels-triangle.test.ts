import { describe, expect, test } from 'vitest';
import type { Body } from './support/kernel-program.ts';
import {
  bitsOf,
  bodyWords,
  cases,
  forEachIndex,
  instruction,
  largestError,
  Machine,
  numbers,
  op,
  randomNumbers,
  triangle,
} from './support/kernel-program.ts';

/** Whether a product computes element (i, j) of its result at all, and whether step p is part of it. */
const rules = {
  lowerC: { computes: (i: number, j: number) => j <= i, takes: () => true },
  lowerA: { computes: () => true, takes: (i: number, p: number) => p <= i },
  upperA: { computes: () => true, takes: (i: number, p: number) => p >= i },
} as const;

const sizes = [
  ...[1, 2, 3, 5, 11, 12, 13, 24, 31, 33, 64, 65, 100, 128].map((m, i): [number, number, number] => [
    m,
    [m, 1, 4, 32, 33, 20][i % 6],
    [m, 32, m, 17, m, 2][(i + 3) % 6],
  ]),
  // More than one block of k, and of columns.
  [270, 17, 270],
  [30, 530, 280],
  [280, 5, 30],
  [7, 5, 0],
] as [number, number, number][];

describe.each(cases)('triangles: $label', ({ kernels, threads }) => {
  const machine = (): Machine => new Machine(kernels, threads);

  describe.each(Object.keys(rules) as (keyof typeof rules)[])('%s', (kind) => {
    const { computes, takes } = rules[kind];

    test.each(['NN', 'TN', 'NT', 'TT'])('%s is the sum on its side of the diagonal, whatever lies beyond', (form) => {
      const next = randomNumbers(4);
      for (const [m, n, k] of sizes) {
        const run = machine();
        const a = numbers(m * k, next);
        const b = numbers(k * n, next);
        const aStrides = form.startsWith('N') ? [k, 1] : [1, m];
        const bStrides = form.endsWith('N') ? [n, 1] : [1, k];
        if (kind !== 'lowerC') {
          forEachIndex([m, k], ([i, p]) => {
            if (!takes(i, p)) a[i * aStrides[0] + p * aStrides[1]] = [NaN, Infinity][(i + p) % 2];
          });
        }
        const out = run.output(m * n + 1);
        const words = [m, n, k, triangle[kind], 0, run.floats(a, 3), 3, ...aStrides, run.floats(b, 5), 5, ...bStrides];
        run.run(instruction(op.matmul, ...words, out, 0, 0));
        const actual = run.readFloats(out);
        let worst = 0;
        forEachIndex([m, n], ([i, j], position) => {
          let sum = 0;
          let magnitude = 0;
          for (let p = 0; p < k && computes(i, j); p++) {
            if (!takes(i, p)) continue;
            const term = a[i * aStrides[0] + p * aStrides[1]] * b[p * bStrides[0] + j * bStrides[1]];
            sum += term;
            magnitude += Math.abs(term);
          }
          const bound = (k + 1) * 2 ** -24 * magnitude;
          const error = sum === actual[position] ? 0 : Math.abs(sum - actual[position]) / bound;
          worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
        });
        expect(worst, `${m} x ${n} x ${k}`).toBeLessThanOrEqual(1);
        expect(actual[m * n]).toBe(-12345);
        run.dispose();
      }
    });

    test('what is not a number stays on its side of the diagonal', () => {
      const [m, n, k] = [70, 40, 70];
      const next = randomNumbers(5);
      const product = (a: Float32Array, b: Float32Array): Float32Array => {
        const run = machine();
        const out = run.output(m * n);
        const words = [m, n, k, triangle[kind], 0, run.floats(a), 0, k, 1, run.floats(b), 0, n, 1, out, 0, 0];
        run.run(instruction(op.matmul, ...words));
        return run.readFloats(out);
      };
      const [a, b] = [numbers(m * k, next), numbers(k * n, next)];
      const clean = product(a, b);
      // Row 33 of B meets rows of A from 33 on, or up to it; where C is the triangle, column 33 meets all rows from 33 on.
      if (kind === 'lowerC') for (let p = 0; p < k; p++) b[p * n + 33] = NaN;
      else b.fill(NaN, 33 * n, 34 * n);
      const spoilt = product(a, b);
      forEachIndex([m, n], ([i, j], position) => {
        const isReached = kind === 'lowerC' ? j === 33 && i >= 33 : takes(i, 33);
        if (isReached) clean[position] = NaN;
      });
      expect(spoilt).toEqual(clean);
    });

    test('batches with an epilogue in place have the bits of one thread', () => {
      const [batch, m, n, k] = kind === 'lowerC' ? [2, 250, 250, 40] : [2, 250, 40, 250];
      const next = randomNumbers(6);
      const [a, b] = [numbers(batch * m * k, next), numbers(batch * k * n, next)];
      const product = (count: number): Float32Array => {
        const run = new Machine(kernels, count);
        const out = run.output(batch * m * n);
        const body: Body = {
          dims: [batch * m * n],
          inputs: [
            { kind: 'contiguous', buffer: out, offset: 0 },
            { kind: 'constant', buffer: bitsOf(0.5), offset: 0 },
          ],
          operations: [[20, 2, 0, 1, 0]],
          outputs: [[2, out, 0, 1]],
        };
        const words = [m, n, k, triangle[kind], 1, run.floats(a), 0, k, 1, run.floats(b), 0, n, 1, out, 0, 1];
        run.run(instruction(op.matmul, ...words, batch, m * k, k * n, ...bodyWords(body)));
        return run.readFloats(out);
      };
      const actual = product(threads);
      let worst = 0;
      forEachIndex([batch, m, n], ([s, i, j], position) => {
        let sum = 0.5;
        let magnitude = 0.5;
        for (let p = 0; p < k && computes(i, j); p++) {
          if (!takes(i, p)) continue;
          const term = a[(s * m + i) * k + p] * b[(s * k + p) * n + j];
          sum += term;
          magnitude += Math.abs(term);
        }
        worst = Math.max(worst, Math.abs(sum - actual[position]) / ((k + 2) * 2 ** -24 * magnitude));
      });
      expect(worst).toBeLessThanOrEqual(1);
      expect(product(1)).toEqual(actual);
    });
  });

  test.each([
    [1, 1, 1],
    [3, 5, 5],
    [2, 40, 40],
    [5, 128, 128],
    [2, 33, 20],
    [2, 20, 33],
    [1, 300, 300],
  ])('causal softmax of %d matrices, %d x %d, also in place', (matrices, rows, columns) => {
    const x = numbers(matrices * rows * columns, randomNumbers(7)).map((value) => 20 * value);
    const expected = new Float64Array(x.length);
    forEachIndex([matrices, rows], (_, row) => {
      const end = Math.min((row % rows) + 1, columns);
      const seen = Array.from(x.subarray(row * columns, row * columns + end));
      const largest = Math.max(...seen);
      const powers = seen.map((value) => Math.exp(value - largest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      expected.set(
        powers.map((power) => power / total),
        row * columns,
      );
      // Beyond the diagonal may be anything.
      for (let j = end; j < columns; j++) x[row * columns + j] = [NaN, Infinity, 1e30][j % 3];
    });
    const run = machine();
    const source = run.floats(x);
    const out = run.output(x.length);
    const softmax = (to: number): number[] => instruction(op.causalSoftmax, matrices, rows, columns, source, 0, to, 0);
    run.run(softmax(out), softmax(source));
    expect(largestError(run.readFloats(out), expected)).toBeLessThan(1e-6);
    expect(run.readFloats(source)).toEqual(run.readFloats(out));
    run.dispose();
  });

  test('a row of the causal softmax that sees what is not a number is not a number as far as it sees', () => {
    const x = Float32Array.of(1, 5, 5, NaN, 1, 5, 0, -Infinity, 0);
    const run = machine();
    const source = run.floats(x);
    run.run(instruction(op.causalSoftmax, 1, 3, 3, source, 0, source, 0));
    expect(run.readFloats(source)).toEqual(Float32Array.of(1, 0, 0, NaN, NaN, 0, 0.5, 0, 0.5));
  });
});

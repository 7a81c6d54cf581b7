import { describe, expect, test } from 'vitest';
import type { Body } from './support/kernel-program.ts';
import {
  between,
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
} from './support/kernel-program.ts';

describe.each(cases)('matmul: $label', ({ kernels, threads }) => {
  const machine = (): Machine => new Machine(kernels, threads);

  const sizes = [
    ...[1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 84, 100, 120, 128, 130].map(
      (m, i): [number, number, number] => [
        m,
        [1, 2, 3, 4, 7, 16, 20, 33, 64, 84, 120][i % 11],
        [4, 1, 64, 37, 128, 2][i % 6],
      ],
    ),
    [256, 256, 256],
    [40, 700, 300],
    [300, 40, 900],
    [1, 640, 70],
    [500, 1, 300],
    [40, 300, 600],
    [70, 520, 30],
    [400, 140, 50],
    [1030, 24, 512],
    [5, 5, 0],
  ] as [number, number, number][];

  test.each(['NN', 'TN', 'NT', 'TT'])('%s agrees with the definition', (form) => {
    const next = randomNumbers(1);
    for (const [m, n, k] of sizes) {
      const run = machine();
      const a = numbers(m * k, next);
      const b = numbers(k * n, next);
      const aStrides = form.startsWith('N') ? [k, 1] : [1, m];
      const bStrides = form.endsWith('N') ? [n, 1] : [1, k];
      const out = run.output(m * n + 1);
      const words = [m, n, k, 0, run.floats(a, 3), 3, ...aStrides, run.floats(b, 5), 5, ...bStrides, out, 0, 0];
      run.run(instruction(op.matmul, ...words));
      const actual = run.readFloats(out);
      let worst = 0;
      forEachIndex([m, n], ([i, j], position) => {
        let sum = 0;
        let magnitude = 0;
        for (let p = 0; p < k; p++) {
          const term = a[i * aStrides[0] + p * aStrides[1]] * b[p * bStrides[0] + j * bStrides[1]];
          sum += term;
          magnitude += Math.abs(term);
        }
        // The a priori bound of rounding: k units of half a last place of the sum of magnitudes.
        const bound = (k + 1) * 2 ** -24 * magnitude;
        worst = Math.max(worst, sum === actual[position] ? 0 : Math.abs(sum - actual[position]) / bound);
      });
      expect(worst, `${m} x ${n} x ${k}`).toBeLessThanOrEqual(1);
      expect(actual[m * n]).toBe(-12345);
      run.dispose();
    }
  });

  test('products of any shape, their operands anywhere in larger arrays', () => {
    const next = randomNumbers(11);
    for (let round = 0; round < 60; round++) {
      const [m, n] = [between(next, 1, 40), between(next, 1, 40)];
      const k = between(next, 1, round % 5 === 0 ? 700 : 40);
      const [aGap, bGap] = [between(next, 0, 3), between(next, 0, 3)];
      const aStrides = round & 1 ? [1, m + aGap] : [k + aGap, 1];
      const bStrides = round & 2 ? [1, k + bGap] : [n + bGap, 1];
      const a = numbers((m + 3) * (k + 3), next);
      const b = numbers((k + 3) * (n + 3), next);
      const run = machine();
      const out = run.output(m * n);
      const words = [m, n, k, 0, run.floats(a), 0, ...aStrides, run.floats(b), 0, ...bStrides, out, 0, 0];
      run.run(instruction(op.matmul, ...words));
      const actual = run.readFloats(out);
      let worst = 0;
      forEachIndex([m, n], ([i, j], position) => {
        let [sum, magnitude] = [0, 0];
        for (let p = 0; p < k; p++) {
          const term = a[i * aStrides[0] + p * aStrides[1]] * b[p * bStrides[0] + j * bStrides[1]];
          sum += term;
          magnitude += Math.abs(term);
        }
        worst = Math.max(worst, Math.abs(sum - actual[position]) / ((k + 1) * 2 ** -24 * magnitude));
      });
      expect(worst, `${m} x ${n} x ${k}, strides ${aStrides.join()} and ${bStrides.join()}`).toBeLessThanOrEqual(1);
      run.dispose();
    }
  });

  test('batches, with broadcast and permuted operands', () => {
    const next = randomNumbers(2);
    const [batch, heads, m, n, k] = [3, 2, 37, 20, 33];
    const run = machine();
    // A is stored [batch, m, heads, k] and B, [heads, n, k], is shared by the batch.
    const a = numbers(batch * m * heads * k, next);
    const b = numbers(heads * n * k, next);
    const out = run.output(batch * heads * m * n);
    const words = [m, n, k, 2, run.floats(a), 0, heads * k, 1, run.floats(b), 0, 1, k, out, 0, 0];
    run.run(instruction(op.matmul, ...words, batch, heads, m * heads * k, k, 0, n * k));
    const expected = new Float64Array(batch * heads * m * n);
    forEachIndex([batch, heads, m, n], ([s, h, i, j], position) => {
      for (let p = 0; p < k; p++) {
        expected[position] += a[((s * m + i) * heads + h) * k + p] * b[(h * n + j) * k + p];
      }
    });
    expect(largestError(run.readFloats(out), expected)).toBeLessThan(1e-5);
  });

  test.each([
    [130, 64, 40, 1],
    [7, 1100, 33, 1],
    [64, 3, 300, 5],
    [600, 64, 64, 2],
  ])('an epilogue of bias and relu in place: %d x %d x %d, batch %d', (m, n, k, batch) => {
    const next = randomNumbers(3);
    const a = numbers(batch * m * k, next);
    const b = numbers(batch * k * n, next);
    const bias = numbers(n, next);
    const run = machine();
    const out = run.output(batch * m * n);
    const mask = run.output(batch * m * n);
    const body: Body = {
      dims: [batch, m, n],
      inputs: [
        { kind: 'contiguous', buffer: out, offset: 0 },
        { kind: 'strided', buffer: run.floats(bias), offset: 0, strides: [0, 0, 1] },
        { kind: 'constant', buffer: bitsOf(0), offset: 0 },
      ],
      operations: [
        [20, 3, 0, 1, 0],
        [26, 4, 2, 3, 0],
        [9, 5, 3, 0, 0],
      ],
      outputs: [
        [5, out, 0, 1],
        [4, mask, 0, 0],
      ],
    };
    const words = [m, n, k, 1, run.floats(a), 0, k, 1, run.floats(b), 0, n, 1, out, 0, 1, batch, m * k, k * n];
    run.run(instruction(op.matmul, ...words, ...bodyWords(body)));
    const expected = new Float64Array(batch * m * n);
    forEachIndex([batch, m, n], ([s, i, j], position) => {
      let sum = bias[j];
      for (let p = 0; p < k; p++) sum += a[(s * m + i) * k + p] * b[(s * k + p) * n + j];
      expected[position] = Math.max(0, sum);
    });
    const actual = run.readFloats(out);
    expect(largestError(actual, expected)).toBeLessThan(1e-5);
    expect(run.readIntegers(mask)).toEqual(Int32Array.from(actual, (value) => Number(value > 0)));
    run.dispose();
  });
});

import { describe, expect, test } from 'vitest';
import type { BodyInput } from './support/kernel-program.ts';
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
  reduceKind,
} from './support/kernel-program.ts';

describe.each(cases)('reduce: $label', ({ kernels, threads }) => {
  const machine = (): Machine => new Machine(kernels, threads);

  const shapes = [
    ...[
      [1, 1, 1],
      [5, 3, 1],
      [128, 2, 1],
      [64, 16, 1],
      [33, 100, 1],
      [3, 513, 1],
      [2, 1500, 1],
      [1, 70_001, 1],
    ],
    ...[
      [1, 128, 2],
      [1, 100, 64],
      [1, 33, 512],
      [3, 40, 7],
      [2, 9, 600],
      [1, 5, 2000],
      [4, 1, 3],
      [300, 70, 1],
    ],
  ];
  const references: Record<string, (values: Float64Array) => number> = {
    sum: (values) => 0.25 * values.reduce((sum, x) => sum + x, 0),
    max: (values) => values.reduce((a, b) => Math.max(a, b)),
    min: (values) => values.reduce((a, b) => Math.min(a, b)),
    argmax: (values) => values.indexOf(values.reduce((a, b) => Math.max(a, b))),
    sumInt: (values) => values.reduce((sum, x) => sum + x, 0),
    maxInt: (values) => values.reduce((a, b) => Math.max(a, b)),
    minInt: (values) => values.reduce((a, b) => Math.min(a, b)),
  };

  test.each(Object.keys(reduceKind) as (keyof typeof reduceKind)[])('%s', (kind) => {
    const next = randomNumbers(8);
    const isInteger = kind.endsWith('Int');
    for (const [outer, n, inner] of shapes) {
      const count = outer * n * inner;
      const run = machine();
      const values = numbers(count, isInteger ? () => Math.floor(next() * 1000) : next);
      const plain = run.output(outer * inner);
      const fused = run.output(outer * inner);
      const buffer = isInteger ? run.integers(values) : run.floats(values);
      const space = { dims: [outer, n, inner], outputs: [] };
      const head = [reduceKind[kind], outer, n, inner];
      const scale = bitsOf(0.25);
      const inputs: BodyInput[] = [{ kind: 'contiguous', buffer, offset: 0 }];
      // Once what is in memory, once what a body computes: x + x read from column-major order.
      const twice = isInteger ? 45 : 20;
      const columnMajor: BodyInput = { kind: 'strided', buffer, offset: 0, strides: [1, outer, outer * n] };
      run.run(
        instruction(op.reduce, ...head, plain, 0, 0, scale, ...bodyWords({ ...space, inputs, operations: [] })),
        instruction(
          op.reduce,
          ...[...head, fused, 0, 1, scale],
          ...bodyWords({ ...space, inputs: [columnMajor], operations: [[twice, 1, 0, 0, 0]] }),
        ),
      );
      const read = (out: number): ArrayLike<number> =>
        isInteger || kind === 'argmax' ? run.readIntegers(out) : run.readFloats(out);
      const expectedPlain = new Float64Array(outer * inner);
      const expectedFused = new Float64Array(outer * inner);
      forEachIndex([outer, inner], ([o, i], position) => {
        const column = (at: (j: number) => number): Float64Array => Float64Array.from({ length: n }, (_, j) => at(j));
        expectedPlain[position] = references[kind](column((j) => values[(o * n + j) * inner + i]));
        expectedFused[position] = references[kind](column((j) => 2 * values[o + j * outer + i * outer * n]));
      });
      expect(largestError(read(plain), expectedPlain), `${outer}, ${n}, ${inner}`).toBeLessThan(1e-5);
      expect(largestError(read(fused), expectedFused), `${outer}, ${n}, ${inner} fused`).toBeLessThan(1e-5);
      run.dispose();
    }
  });

  test('NaN wins; the first of equal maxima is found', () => {
    const rows = [
      [1, NaN, 3, NaN, 7],
      [2, 5, 5, 1, 5],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    ];
    for (const transposed of [false, true]) {
      const run = machine();
      const buffer = run.floats(transposed ? rows[0].flatMap((_, j) => rows.map((row) => row[j])) : rows.flat());
      const [outer, n, inner] = transposed ? [1, 5, 3] : [3, 5, 1];
      const outs = [reduceKind.max, reduceKind.min, reduceKind.argmax].map((kind) => {
        const out = run.output(3);
        const inputs: BodyInput[] = [{ kind: 'contiguous', buffer, offset: 0 }];
        const body = bodyWords({ dims: [15], inputs, operations: [], outputs: [] });
        run.run(instruction(op.reduce, kind, outer, n, inner, out, 0, 0, bitsOf(1), ...body));
        return out;
      });
      expect([...run.readFloats(outs[0])]).toEqual([NaN, 5, -Infinity]);
      expect([...run.readFloats(outs[1])]).toEqual([NaN, 1, -Infinity]);
      expect([...run.readIntegers(outs[2])]).toEqual([1, 1, 0]);
    }
  });
});

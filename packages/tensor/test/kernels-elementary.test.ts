import { describe, expect, test } from 'vitest';
import { errorFunction } from './support/error-function.ts';
import type { Body, BodyInput } from './support/kernel-program.ts';
import { bodyWords, cases, instruction, Machine, op } from './support/kernel-program.ts';

describe.each(cases)('elementary functions: $label', ({ kernels, threads }) => {
  const machine = (): Machine => new Machine(kernels, threads);

  /** Over all magnitudes, both signs and what is special: the largest error in units of the last place. */
  test.each([
    ['exp', 4, Math.exp, 2],
    ['log', 5, Math.log, 2],
    ['log1p', 6, Math.log1p, 3],
    ['tanh', 7, Math.tanh, 7],
    ['sigmoid', 8, (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 4],
    ['softplus', 10, (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 4],
    ['erf', 16, errorFunction, 7],
    ['expm1', 18, Math.expm1, 3],
  ])('%s is accurate', (_name, opcode, reference, places) => {
    const values = Float32Array.from({ length: 60_000 }, (_, i) => {
      const magnitude = 2 ** ((i >> 1) / 100 - 150);
      return i & 1 ? -magnitude : magnitude;
    });
    values.set([
      0,
      -0,
      Infinity,
      -Infinity,
      NaN,
      88.72,
      88.73,
      89,
      90,
      -87.3,
      -103,
      -104,
      -105,
      3.91,
      3.92,
      3.93,
      -3.93,
      -1,
      1,
    ]);
    const run = machine();
    const out = run.output(values.length);
    const body: Body = {
      dims: [values.length],
      inputs: [{ kind: 'contiguous', buffer: run.floats(values), offset: 0 }],
      operations: [[opcode, 1, 0, 0, 0]],
      outputs: [[1, out, 0, 1]],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    const actual = run.readFloats(out);
    let worst = { error: 0, x: 0 };
    values.forEach((x, i) => {
      const expected = reference(x);
      if (Object.is(actual[i], Math.fround(expected))) return;
      const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(expected))));
      const error = Math.abs(actual[i] - expected) / 2 ** (exponent - 23);
      if (!(error <= worst.error)) worst = { error, x };
    });
    expect(worst.error, `at ${worst.x}`).toBeLessThan(places);
    run.dispose();
  });

  test.each([
    ['sine', 14, Math.sin],
    ['cosine', 15, Math.cos],
  ])('%s is accurate up to a hundred million', (_name, opcode, reference) => {
    const values = Float32Array.from({ length: 20_000 }, (_, i) => (i & 1 ? -1 : 1) * 10 ** (i / 1200 - 8));
    const run = machine();
    const special = run.floats([0, -0, NaN, Infinity, -Infinity]);
    const outs = [run.output(values.length), run.output(5)];
    const inputs = [run.floats(values), special].map((buffer): BodyInput => ({
      kind: 'contiguous',
      buffer,
      offset: 0,
    }));
    run.run(
      ...outs.map((out, i) =>
        instruction(
          op.map,
          ...bodyWords({
            dims: [i === 0 ? values.length : 5],
            inputs: [inputs[i]],
            operations: [[opcode, 1, 0, 0, 0]],
            outputs: [[1, out, 0, 1]],
          }),
        ),
      ),
    );
    const actual = run.readFloats(outs[0]);
    const worst = values.reduce((largest, x, i) => Math.max(largest, Math.abs(actual[i] - reference(x))), 0);
    expect(worst).toBeLessThan(2e-7);
    expect([...run.readFloats(outs[1])]).toEqual([reference(0), reference(-0), NaN, NaN, NaN]);
  });
});

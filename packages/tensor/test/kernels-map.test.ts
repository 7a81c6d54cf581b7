import { describe, expect, test } from 'vitest';
import type { Body, BodyInput } from './support/kernel-program.ts';
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
  product,
  randomNumbers,
} from './support/kernel-program.ts';

describe.each(cases)('map: $label', ({ kernels, threads }) => {
  const machine = (): Machine => new Machine(kernels, threads);

  const binary: Record<number, (a: number, b: number, c: number) => number> = {
    0: (a) => a,
    1: (a) => -a,
    2: Math.abs,
    7: Math.tanh,
    8: (a) => 1 / (1 + Math.exp(-a)),
    11: (a) => a * a,
    20: (a, b) => a + b,
    21: (a, b) => a - b,
    22: (a, b) => a * b,
    24: (a, b) => Math.min(a, b),
    25: (a, b) => Math.max(a, b),
    30: (a, b, c) => (a === 0 ? c : b),
    31: (a, b, c) => a * b + c,
  };
  const opcodes = Object.keys(binary).map(Number);

  test('random chains over inputs of every kind', () => {
    const next = randomNumbers(4);
    for (let round = 0; round < 150; round++) {
      const run = machine();
      const dims = Array.from({ length: between(next, 1, 4) }, () => between(next, 1, round < 120 ? 17 : 40));
      const count = product(dims);
      const read: ((index: readonly number[], position: number) => number)[] = [];
      const inputs = Array.from({ length: between(next, 1, 5) }, (): BodyInput => {
        const kind = (['contiguous', 'scalar', 'strided', 'strided', 'constant'] as const)[between(next, 0, 4)];
        const offset = between(next, 0, 3);
        if (kind === 'constant') {
          const value = Math.fround(next());
          read.push(() => value);
          return { kind, buffer: bitsOf(value), offset: 0 };
        }
        // Strides of a permuted, partly broadcast tensor.
        let size = 1;
        const strides = dims.map(() => 0);
        const order = dims.map((_, d) => d).sort(() => next());
        for (const d of between(next, 0, 2) === 0 ? order : dims.map((_, d) => dims.length - 1 - d)) {
          if (between(next, 0, 2) === 0) continue;
          strides[d] = size;
          size *= dims[d];
        }
        const values = numbers(kind === 'strided' ? size : kind === 'scalar' ? 1 : count, next);
        read.push(
          {
            contiguous: (_: readonly number[], position: number) => values[position],
            scalar: () => values[0],
            strided: (index: readonly number[]) => values[index.reduce((sum, x, d) => sum + x * strides[d], 0)],
          }[kind],
        );
        return { kind, buffer: run.floats(values, offset), offset, strides };
      });
      const chain = Array.from({ length: between(next, 1, 8) }, (_, i) => {
        const register = (): number => between(next, 0, inputs.length + i - 1);
        return [opcodes[between(next, 0, opcodes.length - 1)], inputs.length + i, register(), register(), register()];
      });
      const last = inputs.length + chain.length - 1;
      const outs = [run.output(count + 1), run.output(count + 1)];
      const outputs = [
        [last, outs[0], 0, between(next, 0, 1)],
        [between(next, 0, last), outs[1], 1, between(next, 0, 1)],
      ];
      run.run(instruction(op.map, ...bodyWords({ dims, inputs, operations: chain, outputs })));
      const expected = outs.map(() => new Float64Array(count + 1).fill(-12345));
      forEachIndex(dims, (index, position) => {
        const registers = read.map((value) => value(index, position));
        for (const [opcode, to, a, b, c] of chain) {
          registers[to] = Math.fround(binary[opcode](registers[a], registers[b], registers[c]));
        }
        expected[0][position] = registers[outputs[0][0]];
        expected[1][position + 1] = registers[outputs[1][0]];
      });
      for (const [i, buffer] of outs.entries()) {
        const error = largestError(run.readFloats(buffer), expected[i]);
        expect(error, JSON.stringify({ dims, inputs, chain, outputs })).toBeLessThan(1e-4);
      }
      run.dispose();
    }
  });

  test('a negative stride reads backwards', () => {
    const run = machine();
    const values = numbers(3 * 50, randomNumbers(5));
    const out = run.output(150);
    const body: Body = {
      dims: [3, 50],
      inputs: [{ kind: 'strided', buffer: run.floats(values), offset: 149, strides: [-50, -1] }],
      operations: [[1, 1, 0, 0, 0]],
      outputs: [[1, out, 0, 1]],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    expect(run.readFloats(out)).toEqual(values.toReversed().map((value) => -value));
  });

  test('registers may be used again', () => {
    const run = machine();
    const values = numbers(1000, randomNumbers(6));
    const out = run.output(1000);
    const body: Body = {
      dims: [1000],
      inputs: [
        { kind: 'contiguous', buffer: run.floats(values), offset: 0 },
        { kind: 'constant', buffer: bitsOf(3), offset: 0 },
      ],
      // (x + 3)² - x, the square in the register of the sum and the result in that of the constant
      operations: [
        [20, 2, 0, 1, 0],
        [11, 2, 2, 0, 0],
        [21, 1, 2, 0, 0],
      ],
      outputs: [[1, out, 0, 1]],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    expect(
      largestError(
        run.readFloats(out),
        Float64Array.from(values, (x) => (x + 3) ** 2 - x),
      ),
    ).toBeLessThan(1e-6);
  });

  const integers: Record<number, (a: number, b: number) => number> = {
    43: (a) => Number(a !== 0),
    44: (a) => -a | 0,
    45: (a, b) => (a + b) | 0,
    46: (a, b) => (a - b) | 0,
    47: Math.imul,
    48: Math.min,
    49: Math.max,
    50: (a, b) => Number(a < b),
    51: (a, b) => Number(a <= b),
    52: (a, b) => Number(a === b),
    53: (a, b) => Number(a !== b),
    54: (a, b) => a & b,
    55: (a, b) => a | b,
    56: (a) => Number(a === 0),
  };
  test.each(Object.entries(integers))('integer operation %s', (opcode, reference) => {
    const next = randomNumbers(7);
    const a = Int32Array.from({ length: 600 }, (_, i) =>
      i < 300 ? between(next, -2, 2) : Math.floor(next() * 2 ** 29),
    );
    const b = Int32Array.from({ length: 600 }, (_, i) =>
      i < 300 ? between(next, -2, 2) : Math.floor(next() * 2 ** 29),
    );
    const run = machine();
    const out = run.output(600);
    const body: Body = {
      dims: [600],
      inputs: [a, b].map((values) => ({ kind: 'contiguous', buffer: run.integers(values), offset: 0 })),
      operations: [[Number(opcode), 2, 0, 1, 0]],
      outputs: [[2, out, 0, 1]],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    expect(run.readIntegers(out)).toEqual(a.map((x, i) => reference(x, b[i])));
  });

  const special = [0, -0, 1, -1, 0.5, -0.5, 1.5, -2.5, 1e-40, -1e-40, 3e38, -3e38, 3e9, NaN, Infinity, -Infinity];

  /** Applies one operation to every pair of `special`. */
  function onPairs(opcode: number): { run: Machine; out: number; pairs: [number, number][] } {
    const run = machine();
    const pairs = special.flatMap((a) => special.map((b): [number, number] => [Math.fround(a), Math.fround(b)]));
    const out = run.output(pairs.length);
    const body: Body = {
      dims: [pairs.length],
      inputs: [0, 1].map((side) => ({
        kind: 'contiguous',
        buffer: run.floats(pairs.map((pair) => pair[side])),
        offset: 0,
      })),
      operations: [[opcode, 2, 0, 1, 0]],
      outputs: [[2, out, 0, 1]],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    return { run, out, pairs };
  }

  const predicates: Record<number, (a: number, b: number) => number> = {
    26: (a, b) => Number(a < b),
    27: (a, b) => Number(a <= b),
    28: (a, b) => Number(a === b),
    29: (a, b) => Number(a !== b),
    41: (a) => (Number.isNaN(a) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(a)))),
    42: (a) => Number(a !== 0),
  };
  test.each(Object.entries(predicates))('operation %s of floats to integers', (opcode, reference) => {
    const { run, out, pairs } = onPairs(Number(opcode));
    expect(run.readIntegers(out)).toEqual(Int32Array.from(pairs, ([a, b]) => reference(a, b)));
  });

  const exact: Record<number, (a: number, b: number) => number> = {
    1: (a) => -a,
    2: Math.abs,
    3: Math.sign,
    9: (a) => (a < 0 ? 0 : a),
    12: Math.sqrt,
    13: (a) => 1 / a,
    17: Math.floor,
    20: (a, b) => a + b,
    21: (a, b) => a - b,
    22: (a, b) => a * b,
    23: (a, b) => a / b,
    24: (a, b) => (a === b ? b : Math.min(a, b)),
    25: (a, b) => (a === b ? b : Math.max(a, b)),
  };
  test.each(Object.entries(exact))('operation %s of special values', (opcode, reference) => {
    const { run, out, pairs } = onPairs(Number(opcode));
    expect(run.readFloats(out)).toEqual(Float32Array.from(pairs, ([a, b]) => reference(a, b)));
  });

  test('where, and conversion to float', () => {
    const run = machine();
    const condition = Int32Array.of(0, 1, 2, -1, 0, 123456789);
    const [a, b] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20, 30, 40, 50, 60)];
    const outs = [run.output(6), run.output(6)];
    const body: Body = {
      dims: [6],
      inputs: [run.integers(condition), run.floats(a), run.floats(b)].map((buffer) => ({
        kind: 'contiguous',
        buffer,
        offset: 0,
      })),
      operations: [
        [30, 3, 0, 1, 2],
        [40, 4, 0, 0, 0],
      ],
      outputs: [
        [3, outs[0], 0, 1],
        [4, outs[1], 0, 1],
      ],
    };
    run.run(instruction(op.map, ...bodyWords(body)));
    expect(run.readFloats(outs[0])).toEqual(a.map((x, i) => (condition[i] === 0 ? b[i] : x)));
    expect(run.readFloats(outs[1])).toEqual(Float32Array.from(condition));
  });
});

import { describe, expect, test } from 'vitest';
import type { Device, InputSpec, Program, Tensor } from '../src/index.ts';
import * as g from '../src/index.ts';
import type { GradientCase } from './support/gradient-cases.ts';
import { gradientCases } from './support/gradient-cases.ts';
import { testRandom } from './support/random.ts';
import { referenceDevice } from './support/reference.ts';

/** Of central differences in double precision: h² from the step, 10⁻¹⁶ / h from rounding. */
const step = 1e-5;
const doubleTolerance = 1e-6;
/** Of the devices, relative to the largest element (at least 1): single precision through a few operations. */
const singleTolerance = 1e-4;

type Compiled = Program<Record<string, InputSpec>, Record<string, Tensor>>;

/** A scalar made of the case's result, its gradients, and the gradients of their product with a direction (second order). */
function compile({ shapes, apply }: GradientCase, device: Device): Compiled {
  const inputs: Record<string, InputSpec> = {};
  shapes.forEach((shape, i) => {
    inputs[`x${i}`] = shape;
    inputs[`direction${i}`] = shape;
  });
  return g.program(
    inputs,
    (nodes) => {
      const xs = shapes.map((_, i) => nodes[`x${i}`]);
      const result = apply(...xs);
      const weights = testRandom(1).floats(g.sizeOf(result.shape), 0.5, 1.5);
      const loss = g.sum(g.mul(result, g.constant(result.shape, weights)));
      const first = g.grad(loss, xs);
      const along = first.reduce(
        (total, each, i) => g.add(total, g.sum(g.mul(each, nodes[`direction${i}`]))),
        g.scalar(0),
      );
      const second = g.grad(along, xs);
      const named = (prefix: string, list: readonly Tensor[]): [string, Tensor][] =>
        list.map((each, i) => [`${prefix}${i}`, each]);
      return Object.fromEntries([['loss', loss], ...named('first', first), ...named('second', second)]);
    },
    { device },
  );
}

interface Point {
  readonly xs: readonly Float64Array[];
  readonly directions: readonly Float64Array[];
}

function evaluateAt(compiled: Compiled, { xs, directions }: Point): Record<string, Float64Array> {
  const values = xs.flatMap((x, i) => [x, directions[i]]);
  Object.values(compiled.inputs).forEach((input, i) => {
    input.set(values[i]);
  });
  return Object.fromEntries(Object.entries(compiled.run()).map(([name, data]) => [name, Float64Array.from(data)]));
}

/** Concatenation of the outputs `prefix0`, `prefix1`, … */
function joined(outputs: Readonly<Record<string, Float64Array>>, prefix: string): Float64Array {
  return Float64Array.from(
    Object.entries(outputs).flatMap(([name, data]) => (name.startsWith(prefix) ? [...data] : [])),
  );
}

/** For each element of each x, a function's change from a step down to a step up, divided by both. */
function centralDifferences(point: Point, of: (point: Point) => number): Float64Array {
  return Float64Array.from(
    point.xs.flatMap((x, i) =>
      [...x].map((value, j) => {
        const at = (moved: number): number => of({ ...point, xs: point.xs.with(i, x.with(j, moved)) });
        return (at(value + step) - at(value - step)) / (2 * step);
      }),
    ),
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, x, i) => total + x * b[i], 0);
}

function expectClose(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(...actual.map((x, i) => Math.abs(x - expected[i]) / scale));
  expect(actual, what).toHaveLength(expected.length);
  expect(worst, what).toBeLessThan(tolerance);
}

describe.each(Object.entries(gradientCases))('%s', (name, subject) => {
  const random = testRandom(name.length);
  const draw = (low: number, high: number): Float64Array[] =>
    subject.shapes.map((shape) => Float64Array.from(random.floats(g.sizeOf(shape), low, high)));
  const [low, high] = subject.range ?? [-1.5, 1.5];
  const point: Point = { xs: draw(low, high), directions: draw(-1, 1) };
  const double = compile(subject, referenceDevice());
  const exact = evaluateAt(double, point);

  test('the gradient is the limit of differences', () => {
    const expected = centralDifferences(point, (at) => evaluateAt(double, at).loss[0]);
    expectClose(joined(exact, 'first'), expected, doubleTolerance, 'first order');
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
  });

  test('and so is the gradient of the gradient', () => {
    const direction = Float64Array.from(point.directions.flatMap((each) => [...each]));
    const expected = centralDifferences(point, (at) => dot(joined(evaluateAt(double, at), 'first'), direction));
    expectClose(joined(exact, 'second'), expected, doubleTolerance, 'second order');
  });

  test.each(['wasm', 'native'] as const)('%s agrees in both', (device) => {
    const actual = evaluateAt(compile(subject, g.device(device)), point);
    for (const order of ['loss', 'first', 'second']) {
      expectClose(joined(actual, order), joined(exact, order), singleTolerance, order);
    }
  });
});

describe('grad', () => {
  const x = (): Tensor => g.constant([3], [1, 2, 3]);

  test('is zero for what the loss does not depend on, and behind stopGradient', () => {
    const gradients = g.evaluate(() => {
      const [a, b] = [x(), g.constant([2], [1, 1])];
      const [da, db] = g.grad(g.sum(g.mul(a, g.stopGradient(a))), [a, b]);
      return { da, db };
    });
    expect(gradients).toEqual({ da: Float32Array.of(1, 2, 3), db: Float32Array.of(0, 0) });
  });

  test('takes variables, each at its present value', () => {
    const w = g.variable([2], [3, 4]);
    const result = g.evaluate(() => {
      const loss = g.sum(g.square(w));
      const [before] = g.grad(loss, [w]);
      g.assign(w, g.mul(w, 2));
      return { before, after: g.grad(loss, [w])[0] };
    });
    expect(result).toEqual({ before: Float32Array.of(6, 8), after: Float32Array.of(0, 0) });
  });

  test('reaches intermediate tensors', () => {
    const result = g.evaluate(() => {
      const middle = g.square(x());
      return g.grad(g.sum(g.square(middle)), [middle])[0];
    });
    expect(result).toEqual(Float32Array.of(2, 8, 18));
  });

  test('equal maxima share; at a kink the documented side counts', () => {
    const result = g.evaluate(() => {
      const a = g.constant([3], [2, 5, 5]);
      const zero = g.constant([1], [0]);
      return {
        max: g.grad(g.max(a), [a])[0],
        relu: g.grad(g.sum(g.relu(zero)), [zero])[0],
        clip: g.grad(g.sum(g.clip(a, 2, 4)), [a])[0],
        maximum: g.grad(g.sum(g.maximum(zero, 0)), [zero])[0],
      };
    });
    expect(result).toEqual({
      max: Float32Array.of(0, 0.5, 0.5),
      relu: Float32Array.of(0),
      clip: Float32Array.of(1, 0, 0),
      maximum: Float32Array.of(1),
    });
  });

  test('the Hessian of log Σ eˣ is diag(p) − p pᵀ', () => {
    const hessian = g.evaluate(() => {
      const logits = x();
      const [first] = g.grad(g.logSumExp(logits), [logits]);
      const rows = [0, 1, 2].map((i) => g.grad(g.sum(g.slice(first, [i], [1])), [logits])[0]);
      return g.stack(rows);
    });
    const powers = [1, 2, 3].map(Math.exp);
    const total = powers.reduce((a, b) => a + b);
    const p = powers.map((power) => power / total);
    p.forEach((pi, i) => {
      p.forEach((pj, j) => {
        expect(hessian[3 * i + j]).toBeCloseTo((i === j ? pi : 0) - pi * pj, 6);
      });
    });
  });
});

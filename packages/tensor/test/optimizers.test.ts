import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Optimizer, Parameters } from '../src/index.ts';
import {
  adam,
  adamW,
  constant,
  device,
  evaluate,
  globalNorm,
  loadParameters,
  polyakUpdate,
  program,
  rAdam,
  rmsProp,
  saveParameters,
  sgd,
  square,
  sub,
  sum,
  variable,
} from '../src/index.ts';
import { testRandom } from './support/random.ts';

/** Made with PyTorch 2: `torch.optim.Adam`, `AdamW` and `clip_grad_norm_`. */
interface Golden {
  readonly parameters: number[];
  readonly gradients: number[][];
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly cases: readonly { name: string; weightDecay: number; after: number[][] }[];
  readonly clipping: { gradients: unknown[]; maxNorm: number; totalNorm: number; clipped: unknown[] };
}
const golden = JSON.parse(readFileSync(new URL('fixtures/optimizers.json', import.meta.url), 'utf8')) as Golden;

/** Made by fixtures/r-adam.py. */
const rAdamGolden = JSON.parse(readFileSync(new URL('fixtures/r-adam.json', import.meta.url), 'utf8')) as {
  readonly learningRate: number;
  readonly parameters: number[];
  readonly gradients: number[][];
  readonly cases: readonly { beta1: number; beta2: number; epsilon: number; after: number[][] }[];
};

const size = 5;
const steps = 25;
const gradients = Array.from({ length: steps }, (_, step) => testRandom(step).floats(size));
const start = testRandom(99).floats(size);
/** A learning rate that follows a schedule. */
const rateAt = (step: number): number => 0.1 / (1 + step);

/** Applies given gradients one after another and returns the parameters after each. */
function follow(
  make: (parameters: Parameters) => Optimizer,
  initial: ArrayLike<number>,
  sequence: readonly ArrayLike<number>[],
  rate: (step: number) => number,
): Float32Array[] {
  const w = variable([initial.length], initial);
  const optimizer = make({ w });
  const update = program({ gradient: [initial.length], rate: [] }, (inputs) =>
    optimizer.apply([inputs.gradient], { learningRate: inputs.rate }),
  );
  return sequence.map((gradient, step) => {
    update.inputs.gradient.set(gradient);
    update.inputs.rate[0] = rate(step);
    update.run();
    return w.read() as Float32Array;
  });
}

function expectAllClose(actual: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((values, step) => {
    Array.from(values).forEach((value, i) => {
      expect(Math.abs(actual[step][i] - value), `step ${step}, element ${i}`).toBeLessThan(2e-6);
    });
  });
}

describe('against PyTorch', () => {
  test.each(golden.cases)('$name', ({ weightDecay, after }) => {
    const { learningRate, beta1, beta2, epsilon } = golden;
    const make = (parameters: Parameters): Optimizer =>
      adamW(parameters, { learningRate, beta1, beta2, epsilon, weightDecay });
    expectAllClose(
      follow(make, golden.parameters, golden.gradients, () => learningRate),
      after,
    );
  });

  // ρₜ passes 5 after five steps, after six, and never.
  test.each(rAdamGolden.cases)('rAdam, β₂ = $beta2', ({ after, ...settings }) => {
    const { learningRate, parameters, gradients: sequence } = rAdamGolden;
    const make = (trained: Parameters): Optimizer => rAdam(trained, { ...settings, learningRate });
    expectAllClose(
      follow(make, parameters, sequence, () => learningRate),
      after,
    );
  });

  test('clipping by the global norm', () => {
    const { clipping } = golden;
    const given = clipping.gradients.map((gradient) => [gradient].flat(3) as number[]);
    const parameters = Object.fromEntries(given.map((gradient, i) => [`p${i}`, variable([gradient.length])]));
    const optimizer = sgd(parameters, { learningRate: 1 });
    const { gradientNorm } = evaluate(() =>
      optimizer.apply(
        given.map((gradient) => constant([gradient.length], gradient)),
        { maxGradNorm: clipping.maxNorm },
      ),
    );
    expect(gradientNorm[0]).toBeCloseTo(clipping.totalNorm, 5);
    const taken = Object.values(parameters).map((parameter) => parameter.read().map((x) => -x));
    expectAllClose(
      taken,
      clipping.clipped.map((gradient) => [gradient].flat(3) as number[]),
    );
  });
});

/** One element's parameter under a rule in double precision, for all steps. */
function byHand(rule: (w: number, gradient: number, rate: number, step: number, i: number) => number): number[][] {
  const w = Array.from(start);
  return gradients.map((gradient, step) => {
    w.forEach((value, i) => {
      w[i] = rule(value, gradient[i], rateAt(step), step, i);
    });
    return [...w];
  });
}

describe('against their formulas in double precision, with a schedule', () => {
  test('sgd', () => {
    expectAllClose(
      follow((parameters) => sgd(parameters), start, gradients, rateAt),
      byHand((w, gradient, rate) => w - rate * gradient),
    );
  });

  test('sgd with momentum', () => {
    const v = new Float64Array(size);
    const expected = byHand((w, gradient, rate, _step, i) => {
      v[i] = 0.9 * v[i] + gradient;
      return w - rate * v[i];
    });
    expectAllClose(
      follow((parameters) => sgd(parameters, { momentum: 0.9 }), start, gradients, rateAt),
      expected,
    );
  });

  test('rmsProp', () => {
    const s = new Float64Array(size);
    const expected = byHand((w, gradient, rate, _step, i) => {
      s[i] = 0.95 * s[i] + 0.05 * gradient ** 2;
      return w - (rate * gradient) / (Math.sqrt(s[i]) + 1e-5);
    });
    expectAllClose(
      follow((parameters) => rmsProp(parameters, { decay: 0.95, epsilon: 1e-5 }), start, gradients, rateAt),
      expected,
    );
  });

  test('rmsProp, centered', () => {
    const [s, m] = [new Float64Array(size), new Float64Array(size)];
    const expected = byHand((w, gradient, rate, _step, i) => {
      s[i] = 0.95 * s[i] + 0.05 * gradient ** 2;
      m[i] = 0.95 * m[i] + 0.05 * gradient;
      return w - (rate * gradient) / (Math.sqrt(s[i] - m[i] ** 2) + 0.01);
    });
    const make = (parameters: Parameters): Optimizer =>
      rmsProp(parameters, { decay: 0.95, epsilon: 0.01, centered: true });
    expectAllClose(follow(make, start, gradients, rateAt), expected);
  });

  test("rmsProp with ε inside the root, from a mean square of 1: TensorFlow 1's", () => {
    const s = new Float64Array(size).fill(1);
    const expected = byHand((w, gradient, rate, _step, i) => {
      s[i] = 0.95 * s[i] + 0.05 * gradient ** 2;
      return w - (rate * gradient) / Math.sqrt(s[i] + 0.01);
    });
    const make = (parameters: Parameters): Optimizer =>
      rmsProp(parameters, { decay: 0.95, epsilon: 0.01, insideRoot: true });
    expectAllClose(follow(make, start, gradients, rateAt), expected);
  });

  test.each([0, 0.1])('adamW with weight decay %d', (weightDecay) => {
    const [m, v] = [new Float64Array(size), new Float64Array(size)];
    const expected = byHand((w, gradient, rate, step, i) => {
      m[i] = 0.9 * m[i] + 0.1 * gradient;
      v[i] = 0.999 * v[i] + 0.001 * gradient ** 2;
      const [mean, square] = [m[i] / (1 - 0.9 ** (step + 1)), v[i] / (1 - 0.999 ** (step + 1))];
      return w * (1 - rate * weightDecay) - (rate * mean) / (Math.sqrt(square) + 1e-8);
    });
    const make = (parameters: Parameters): Optimizer =>
      weightDecay === 0 ? adam(parameters) : adamW(parameters, { weightDecay });
    expectAllClose(follow(make, start, gradients, rateAt), expected);
  });
});

test('rAdam keeps to its formulas in double precision for 20,000 steps', () => {
  const [w, beta1, beta2] = [variable([1]), 0.9, 0.999];
  const optimizer = rAdam({ w }, { learningRate: 0.1 });
  const update = program({ gradient: [1] }, ({ gradient }) => optimizer.apply([gradient]));
  const random = testRandom(5);
  const limit = 2 / (1 - beta2) - 1;
  let [m, v, worst] = [0, 0, 0];
  for (let t = 1; t <= 20_000; t++) {
    // All of one sign, so that no cancellation in m̂ blurs what is compared: the step that is taken from 0.
    const gradient = Math.fround(1 + 0.5 * random.floats(1)[0]);
    w.write([0]);
    update.inputs.gradient[0] = gradient;
    update.run();
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient ** 2;
    const rho = limit - (2 * t * beta2 ** t) / (1 - beta2 ** t);
    const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
    const adaptive = rho > 5 ? (r * Math.sqrt(1 - beta2 ** t)) / (Math.sqrt(v) + 1e-8) : 1;
    const expected = (-0.1 * m * adaptive) / (1 - beta1 ** t);
    worst = Math.max(worst, Math.abs(w.read()[0] / expected - 1));
  }
  // Decaying by 0.999 can keep a thousand roundings of 2⁻²⁴ each.
  expect(worst).toBeLessThan(1000 * 2 ** -24);
});

test('rAdam stopped and resumed with its state is the same as not interrupted', () => {
  const w = variable([size], start);
  const optimizer = rAdam({ w });
  expect(Object.keys(optimizer.state)).toEqual(['mean.w', 'meanSquare.w', 'beta1Power', 'weightSum', 'ageSum']);
  const takeSteps = (by: Optimizer, sequence: readonly ArrayLike<number>[]): void => {
    const update = program({ gradient: [size] }, ({ gradient }) => by.apply([gradient]));
    for (const gradient of sequence) {
      update.inputs.gradient.set(gradient);
      update.run();
    }
  };
  takeSteps(optimizer, gradients.slice(0, 7));
  const resumed = { w: variable([size], w.read()) };
  const again = rAdam(resumed);
  loadParameters(again.state, saveParameters(optimizer.state));
  takeSteps(optimizer, gradients.slice(7));
  takeSteps(again, gradients.slice(7));
  expect(resumed.w.read()).toEqual(w.read());
});

test('a gradient below the limit is not scaled', () => {
  const w = variable([2], [1, 1]);
  evaluate(() => sgd({ w }, { learningRate: 1 }).apply([constant([2], [0.3, 0.4])], { maxGradNorm: 0.51 }));
  expect([...w.read()]).toEqual([Math.fround(0.7), Math.fround(0.6)]);
});

test('minimize finds the minimum, and its state is named after the parameters', () => {
  const w = variable([3], [5, -3, 1]);
  const optimizer = adam({ w }, { learningRate: 0.1 });
  expect(Object.keys(optimizer.state)).toEqual(['mean.w', 'meanSquare.w', 'beta1Power', 'beta2Power']);
  const step = program({}, () => optimizer.minimize(sum(square(sub(w, constant([3], [1, 2, 3]))))));
  for (let i = 0; i < 400; i++) step.run();
  Array.from(w.read()).forEach((value, i) => {
    expect(value).toBeCloseTo(i + 1, 3);
  });
});

test('polyakUpdate mixes, or copies exactly', () => {
  const pair = (): [Parameters, Parameters] => [{ w: variable([2], [1, 2]) }, { w: variable([2], [10, 20]) }];
  const [source, target] = pair();
  evaluate(() => {
    polyakUpdate(source, target, 0.25);
    return {};
  });
  expect([...target.w.read()]).toEqual([7.75, 15.5]);
  const [from, to] = pair();
  evaluate(() => {
    polyakUpdate(from, to, 1);
    return {};
  });
  expect(to.w.read()).toEqual(from.w.read());
});

test('globalNorm is the root of the sum over all tensors', () => {
  const norm = evaluate(() => globalNorm([constant([2], [1, 2]), constant([1, 1], [2])]), { device: device('wasm') });
  expect(norm[0]).toBe(3);
});

import { describe, expect, test } from 'vitest';
import { CmaEs } from '../src/cma-es.ts';
import { rosenbrock, sphere, type Utility } from './support/functions.ts';
import { evaluateAll } from './support/run.ts';

/** Runs CMA-ES from (3, …, 3), writing `write` into the candidates of every `every`-th iteration; the iterations that it took to −10⁻⁸. */
function iterations(n: number, utility: Utility, every: number, write: (candidates: Float64Array) => void): number {
  const search = new CmaEs(new Float64Array(n).fill(3), { seed: 1 });
  let k = 0;
  for (; !search.finished && search.best.utility < -1e-8 && k < 20_000; k++) {
    if (k % every === 0) write(search.ask());
    search.tell(evaluateAll(search, utility));
  }
  expect(search.best.utility).toBeGreaterThan(-1e-8);
  return k;
}

describe('candidates that were written from far away', () => {
  const cases = [2, 5, 10, 20].flatMap((n) => [1e3, 1e6, 1e12, 1e150, 1e300].map((far) => ({ n, far })));

  test.each(cases)('bad ones at $far do not keep the sphere of $n dimensions from its maximum', ({ n, far }) => {
    const clean = iterations(n, sphere, 1, () => undefined);
    // The utility of the farthest overflows: they are infeasible.
    expect(iterations(n, sphere, 1, (x) => x.fill(far, 0, n))).toBeLessThan(1.6 * clean);
    expect(iterations(n, sphere, 7, (x) => x.fill(far, 0, n))).toBeLessThan(1.3 * clean);
    expect(iterations(n, sphere, 1, (x) => (x[0] = -far))).toBeLessThan(1.6 * clean);
  });

  test('good ones draw the mean to them by no more than its own candidates can', () => {
    for (const far of [1e3, 1e9, 1e300]) {
      const n = 5;
      const search = new CmaEs(new Float64Array(n), { seed: 2 });
      for (let k = 0; k < 3; k++) {
        const before = search.mean.slice();
        const reach = search.stepSize * (Math.sqrt(n) + (2 * n) / (n + 2));
        search.ask().fill(far, 0, n);
        const utilities = evaluateAll(search, sphere).with(0, 1);
        const longest = Math.sqrt(search.covariance().reduce((max, value) => Math.max(max, value), 0));
        search.tell(utilities);
        const moved = Math.sqrt(search.mean.reduce((sum, value, i) => sum + (value - before[i]) ** 2, 0));
        expect(moved).toBeLessThan(3 * n * Math.max(reach, longest));
        expect(search.stepSize).toBeLessThan(0.5 * Math.E ** (k + 1));
      }
      expect(search.finished).toBe(false);
    }
  });

  test('a good one that is near is followed', () => {
    const target = Float64Array.of(1, 1, 1, 1, 1);
    const plain = iterations(5, rosenbrock, 1, () => undefined);
    const helped = iterations(5, rosenbrock, 1, (x) =>
      x.set(
        target.map((value) => value + 0.1),
        0,
      ),
    );
    expect(helped).toBeLessThan(plain);
  });
});

import { describe, expect, test, vi } from 'vitest';
import { CmaEs } from '../src/cma-es.ts';
import { maximize, maximizeAsync } from '../src/maximize.ts';
import { PatternSearch } from '../src/pattern-search.ts';
import type { Search } from '../src/search.ts';
import { rosenbrock, sphere } from './support/functions.ts';
import { iterate } from './support/run.ts';

const search = () => new CmaEs([1, 1, 1], { populationSize: 7, seed: 1 });

describe('stops', () => {
  test('before an iteration that would exceed the evaluations', () => {
    const utility = vi.fn(sphere);
    const result = maximize(search(), utility, { evaluations: 47 });
    expect(utility).toHaveBeenCalledTimes(40);
    expect([result.evaluations, result.iterations]).toEqual([40, 5]);
  });

  test('after so many iterations, or at whatever limit comes first', () => {
    expect(maximize(search(), sphere, { iterations: 3 }).evaluations).toBe(24);
    expect(maximize(search(), sphere, { iterations: 3, evaluations: 16 }).iterations).toBe(2);
    expect(maximize(search(), sphere, { iterations: 1, evaluations: 16 }).iterations).toBe(1);
  });

  test('after the first iteration that reaches the target', () => {
    const result = maximize(search(), sphere, { evaluations: 10_000, target: -1e-3 });
    expect(result.utility).toBeGreaterThanOrEqual(-1e-3);
    expect(result.ended).toBe('target');
    const before = maximize(search(), sphere, { iterations: result.iterations - 1 });
    expect(before.utility).toBeLessThan(-1e-3);
    expect(before.ended).toBe('limit');
  });

  test('when the search is finished', () => {
    const pattern = new PatternSearch([1, 1], { minimumStep: 0.1 });
    expect(maximize(pattern, sphere, { evaluations: 1000 }).evaluations).toBeLessThan(100);
    const again = maximize(pattern, sphere, { evaluations: 1000 });
    expect([again.evaluations, again.ended]).toEqual([0, 'converged']);
  });
});

test('is what asking and telling is, and returns the best candidate', () => {
  const [one, other] = [search(), search()];
  const result = maximize(one, rosenbrock, { iterations: 30 });
  iterate(other, rosenbrock, 30);
  expect(one.getState()).toEqual(other.getState());
  expect({ parameters: result.parameters, utility: result.utility }).toEqual(other.best);
  expect(rosenbrock(result.parameters)).toBe(result.utility);
});

test('called again it goes on', () => {
  const [once, twice] = [search(), search()];
  maximize(once, rosenbrock, { iterations: 30 });
  maximize(twice, rosenbrock, { iterations: 10 });
  expect(maximize(twice, rosenbrock, { iterations: 20 }).iterations).toBe(20);
  expect(twice.getState()).toEqual(once.getState());
});

describe('refuses', () => {
  test.each<[object, string]>([
    [{}, 'maximize: expected evaluations or iterations, got neither'],
    [{ target: 1 }, 'maximize: expected evaluations or iterations, got neither'],
    [{ evaluations: 7 }, 'maximize: expected evaluations for 8 candidates, got 7'],
    [{ iterations: 0 }, 'maximize: expected iterations to be a positive integer or null, got 0'],
    [{ iterations: 1, target: NaN }, 'maximize: expected target to be a finite number or null, got NaN'],
    // Which nothing told reaches: no iteration would begin.
    [{ iterations: 1, target: -Infinity }, 'maximize: expected target to be a finite number or null, got -Infinity'],
    [{ generations: 1 }, "maximize: unknown option 'generations'"],
  ])('%o', (options, message) => {
    expect(() => maximize(search(), sphere, options)).toThrow(RangeError);
    expect(() => maximize(search(), sphere, options)).toThrow(message);
  });

  test.each<[unknown, string]>([
    ['1', 'expected a number from the utility, got string, evaluation 10'],
    [undefined, 'expected a number from the utility, got undefined, evaluation 10'],
    [null, 'expected a number from the utility, got null, evaluation 10'],
    [10n, 'expected a number from the utility, got bigint, evaluation 10'],
    [
      Promise.resolve(1),
      'expected a number from the utility, got a promise, which is for maximizeAsync, evaluation 10',
    ],
    [Infinity, 'CmaEs: expected utilities that are numbers less than Infinity, got Infinity for candidate 2'],
  ])('utilities that are not numbers: %s', (wrong, message) => {
    const utility = (_: Float64Array, evaluation: number) => (evaluation === 10 ? wrong : evaluation) as number;
    expect(() => maximize(search(), utility, { iterations: 5 })).toThrow(message);
  });

  test.each<[unknown, unknown, string]>([
    [undefined, sphere, 'maximize: expected a search with ask and tell, got undefined'],
    [{}, sphere, 'maximize: expected a search with ask and tell, got object'],
    [search(), 'sphere', 'maximize: expected the utility to be a function, got string'],
  ])('what is no search or no utility', (one, utility, message) => {
    expect(() => maximize(one as Search, utility as () => number, { iterations: 1 })).toThrow(message);
  });
});

describe('maximizeAsync', () => {
  test('comes to the same bits, in whatever order utilities arrive', async () => {
    const [one, other] = [search(), search()];
    const numbers: number[][] = [[], []];
    const noisy = (x: Float64Array, evaluation: number) => rosenbrock(x) + Math.sin(evaluation);
    const expected = maximize(one, (x, n) => (numbers[0].push(n), noisy(x, n)), { iterations: 10 });
    const late = async (x: Float64Array, n: number) => {
      numbers[1].push(n);
      for (let turns = n % 3; turns > 0; turns--) await Promise.resolve();
      return noisy(x, n);
    };
    await maximizeAsync(other, late, { iterations: 4 });
    expect(await maximizeAsync(other, late, { iterations: 6 })).toEqual({
      ...expected,
      evaluations: 48,
      iterations: 6,
    });
    expect(other.getState()).toEqual(one.getState());
    // Evaluations are numbered over the life of a search.
    expect(numbers).toEqual([0, 1].map(() => Array.from({ length: 80 }, (_, n) => n)));
  });

  test('stops at limits and targets as maximize does', async () => {
    const utility = (x: Float64Array) => Promise.resolve(sphere(x));
    for (const options of [{ evaluations: 47 }, { evaluations: 10_000, target: -1e-3 }]) {
      expect(await maximizeAsync(search(), utility, options)).toEqual(maximize(search(), sphere, options));
    }
    await expect(maximizeAsync(search(), utility, { evaluations: 7 })).rejects.toThrow(
      'maximizeAsync: expected evaluations for 8 candidates, got 7',
    );
  });

  test('rejects with the error of a utility, and leaves the search as it was', async () => {
    const failing = search();
    const utility = (_: Float64Array, n: number) => (n === 3 ? Promise.reject(new Error('no')) : Promise.resolve(n));
    await expect(maximizeAsync(failing, utility, { iterations: 1 })).rejects.toThrow('no');
    const asked = search();
    asked.ask();
    expect(failing.getState()).toEqual(asked.getState());
  });
});

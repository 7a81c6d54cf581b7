import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { SumTree } from '../../src/buffers/sum-tree.ts';

/** The index that `find` is to give, by adding up one after the other. */
function naiveFind(priorities: readonly number[], mass: number): number {
  let sum = 0;
  return priorities.findIndex((priority) => (sum += priority) > mass);
}

function total(priorities: readonly number[]): number {
  return priorities.reduce((sum, priority) => sum + priority, 0);
}

// Whole numbers and quarters add up without rounding, in whatever order.
test.each([1, 2, 3, 7, 8, 9, 100, 257])('%i priorities: what a list of them says, through 2000 changes', (size) => {
  const random = new Random(size);
  const tree = new SumTree(size);
  const priorities = new Array<number>(size).fill(0);
  for (let change = 0; change < 2000; change++) {
    const index = random.integer(size);
    const priority = random.integer(3) === 0 ? 0 : random.integer(1000) / 4;
    tree.set(index, priority);
    priorities[index] = priority;
    expect(tree.total).toBe(total(priorities));
    expect(tree.get(index)).toBe(priority);
    if (tree.total === 0) continue;
    const mass = random.integer(4 * tree.total) / 4;
    expect(tree.find(mass)).toBe(naiveFind(priorities, mass));
  }
  priorities.forEach((priority, index) => {
    expect(tree.get(index)).toBe(priority);
  });
});

test('mass on a border belongs to what begins there', () => {
  const tree = new SumTree(5);
  [2, 0, 1, 0, 4].forEach((priority, index) => {
    tree.set(index, priority);
  });
  expect([0, 1.99, 2, 2.99, 3, 6.99].map((mass) => tree.find(mass))).toEqual([0, 0, 2, 2, 4, 4]);
});

test('sums follow from the priorities alone: nothing is left of larger ones before', () => {
  const [size, seed] = [1000, 5];
  const changed = new SumTree(size);
  const random = new Random(seed);
  for (let change = 0; change < 20_000; change++) changed.set(random.integer(size), 1e12 * random.nextFloat());
  const fresh = new SumTree(size);
  for (let index = 0; index < size; index++) fresh.set(index, random.nextFloat());
  for (let index = size - 1; index >= 0; index--) changed.set(index, fresh.get(index));
  expect(changed.total).toBe(fresh.total);
  for (let k = 0; k < 1000; k++) {
    const mass = fresh.total * random.nextFloat();
    expect(changed.find(mass)).toBe(fresh.find(mass));
  }
});

describe('rounding', () => {
  test('a priority of 0 is never found, not even by the whole sum or more', () => {
    const tree = new SumTree(6);
    [0, 0.1, 0, 0.2, 0, 0].forEach((priority, index) => {
      tree.set(index, priority);
    });
    expect([0, 0.1, 0.2, tree.total, 1].map((mass) => tree.find(mass))).toEqual([1, 3, 3, 3, 3]);
  });

  test('priorities of very different size stay near the naive sums', () => {
    const [size, random] = [5000, new Random(9)];
    const priorities = Array.from({ length: size }, () => Math.exp(6 * random.normal()));
    const tree = new SumTree(size);
    priorities.forEach((priority, index) => {
      tree.set(index, priority);
    });
    // Each sum has at most `size` roundings, each of half of 2⁻⁵² of the total or less.
    const tolerance = size * Number.EPSILON * tree.total;
    expect(Math.abs(tree.total - total(priorities))).toBeLessThan(tolerance);
    const ends = new Float64Array(size);
    for (let i = 0, sum = 0; i < size; i++) ends[i] = sum += priorities[i];
    for (let k = 0; k < 2000; k++) {
      const mass = tree.total * random.nextFloat();
      const index = tree.find(mass);
      expect(mass).toBeLessThan(ends[index] + tolerance);
      expect(mass).toBeGreaterThanOrEqual(ends[index] - priorities[index] - tolerance);
    }
  });
});

test('misuse is named', () => {
  const tree = new SumTree(3);
  expect(() => new SumTree(0)).toThrow('size: expected a positive integer, got 0');
  expect(() => new SumTree(1.5)).toThrow('size: expected a positive integer, got 1.5');
  expect(() => tree.find(0)).toThrow('mass: expected a number in [0, total), got 0 with a total of 0');
  for (const priority of [-1, NaN, Infinity]) {
    expect(() => {
      tree.set(1, priority);
    }).toThrow(new RangeError(`priority of 1: expected a finite number of at least 0, got ${priority}`));
  }
  for (const index of [-1, 3, 0.5]) {
    expect(() => tree.get(index)).toThrow(`index: expected an integer in [0, 2], got ${index}`);
    expect(() => {
      tree.set(index, 1);
    }).toThrow(`index: expected an integer in [0, 2], got ${index}`);
  }
  tree.set(2, 1);
  for (const mass of [-0.1, NaN]) expect(() => tree.find(mass)).toThrow(`got ${mass} with a total of 1`);
});

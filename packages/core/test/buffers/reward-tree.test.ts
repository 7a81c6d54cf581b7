import { describe, expect, test } from 'vitest';
import { RewardTree } from '../../src/buffers/reward-tree.ts';
import { Random } from '../../src/index.ts';

/** Probabilities e^(|r − center|/β) / Σ, by the definition. */
function byDistance(rewards: readonly number[], center: number, beta: number): number[] {
  const logs = rewards.map((reward) => Math.abs(reward - center) / beta);
  const largest = Math.max(...logs);
  const masses = logs.map((log) => Math.exp(log - largest));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

/** χ² of counts against probabilities, divided by its deviation, of what may be expected: at most some 4. */
function excess(counts: ArrayLike<number>, probabilities: readonly number[], draws: number): number {
  let chiSquare = 0;
  let cells = 0;
  probabilities.forEach((probability, i) => {
    const expected = probability * draws;
    if (expected < 5) return;
    chiSquare += (counts[i] - expected) ** 2 / expected;
    cells++;
  });
  return (chiSquare - (cells - 1)) / Math.sqrt(2 * Math.max(cells - 1, 1));
}

/** How often each row is drawn. */
function countDraws(tree: RewardTree, rows: number, center: number, draws: number, seed: number): Uint32Array {
  const random = new Random(seed);
  const counts = new Uint32Array(rows);
  const batch = new Uint32Array(100);
  for (let drawn = 0; drawn < draws; drawn += batch.length) {
    tree.drawByDistance(batch, center, () => random.nextFloat());
    for (const row of batch) counts[row]++;
  }
  return counts;
}

describe('RewardTree', () => {
  test('rewards that come, go and are replaced are counted and found as a sorted list finds them', () => {
    const random = new Random(1);
    const capacity = 200;
    const tree = new RewardTree(capacity, 2);
    const rewards = new Map<number, number>();
    for (let i = 0; i < 5000; i++) {
      const row = random.integer(capacity);
      // Few different values, so that many are equal.
      const reward = random.integer(20) - 10;
      tree.set(row, reward);
      rewards.set(row, reward);
      if (i % 50 > 0) continue;
      const sorted = [...rewards].sort(([a, x], [b, y]) => x - y || a - b);
      expect(tree.size).toBe(sorted.length);
      expect(sorted.map((_, rank) => tree.select(rank))).toEqual(sorted.map(([at]) => at));
      for (const threshold of [-11, -3, -2.5, 0, 9, 10]) {
        expect(tree.countBelow(threshold)).toBe(sorted.filter(([, value]) => value < threshold).length);
      }
    }
    expect(tree.get(0)).toBe(rewards.get(0));
  });

  test('rows that were never set are not there', () => {
    const tree = new RewardTree(3, 1);
    expect(tree.size).toBe(0);
    expect(tree.get(0)).toBeUndefined();
    expect(tree.countBelow(5)).toBe(0);
    expect(() => tree.select(0)).toThrow('rank: expected an integer in [0, 0), got 0');
    expect(() => {
      tree.drawByDistance(new Uint32Array(1), 0, () => 0);
    }).toThrow('drawByDistance: expected at least one reward');
    expect(() => {
      tree.set(0, NaN);
    }).toThrow('reward: expected a finite number, got NaN');
  });

  test('draws follow e^(|r − center|/β), wherever the center is, also after rewards were replaced', () => {
    const random = new Random(2);
    const rows = 60;
    const draws = 100_000;
    const tree = new RewardTree(rows, 1.5);
    const rewards = new Array<number>(rows).fill(0);
    for (let i = 0; i < 3 * rows; i++) {
      rewards[i % rows] = random.normal() * 2;
      tree.set(i % rows, rewards[i % rows]);
    }
    for (const center of [-20, -1, 0, 0.3, 20]) {
      const counts = countDraws(tree, rows, center, draws, 3);
      expect(excess(counts, byDistance(rewards, center, 1.5), draws)).toBeLessThan(4);
    }
  });

  test('rewards that are thousands of β apart overflow nothing', () => {
    const rewards = [-1e4, -1e4, 1e4, 0, 1e4 - 1, 3e4];
    const tree = new RewardTree(rewards.length, 1);
    rewards.forEach((reward, row) => {
      tree.set(row, reward);
    });
    for (const [center, ends] of [
      [0, [5]],
      [2e4, [0, 1]],
    ] as const) {
      const counts = countDraws(tree, rewards.length, center, 1000, 4);
      expect(ends.reduce<number>((sum, row) => sum + counts[row], 0)).toBe(1000);
      for (const row of ends) expect(counts[row]).toBeGreaterThan(400);
    }
  });

  test('a tree that is filled at once is that of rewards set one by one, in any order, to the bit', () => {
    const random = new Random(5);
    const rewards = Array.from({ length: 500 }, () => Math.round(random.normal() * 8) / 4);
    const [filled, grown] = [new RewardTree(600, 0.7), new RewardTree(600, 0.7)];
    for (let row = 599; row >= 0; row--) grown.set(row % 500, 7);
    for (let row = 0; row < 500; row++) grown.set(row, rewards[row]);
    filled.set(599, 3);
    filled.fill(Float32Array.from(rewards));
    expect(filled.size).toBe(500);
    const [drawn, others] = [new Uint32Array(2000), new Uint32Array(2000)];
    filled.drawByDistance(drawn, 0.1, nextFloatOf(6));
    grown.drawByDistance(others, 0.1, nextFloatOf(6));
    expect(drawn).toEqual(others);
    filled.set(3, 100);
    grown.set(3, 100);
    filled.drawByDistance(drawn, 0.1, nextFloatOf(7));
    grown.drawByDistance(others, 0.1, nextFloatOf(7));
    expect(drawn).toEqual(others);
  });
});

function nextFloatOf(seed: number): () => number {
  const random = new Random(seed);
  return () => random.nextFloat();
}

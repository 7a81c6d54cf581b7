import { describe, expect, test } from 'vitest';
import type { Computation } from '../src/compile/computations.ts';
import { resolveViews } from '../src/compile/computations.ts';
import { Units } from '../src/compile/fuse.ts';
import * as g from '../src/index.ts';
import { graphOf } from './support/compiled.ts';
import type { TestRandom } from './support/random.ts';
import { testRandom } from './support/random.ts';

/** Sums of two earlier tensors each: any graph whose nodes have one or two sources. */
function randomComputations(random: TestRandom, count: number): readonly Computation[] {
  const graph = graphOf({ x: [4] }, ({ x }) => {
    const nodes = [x];
    for (let i = 0; i < count; i++) nodes.push(g.add(random.pick(nodes), random.pick(nodes)));
    return Object.fromEntries(nodes.slice(1).map((node, i) => [`y${i}`, node]));
  });
  return resolveViews(graph).list;
}

/** Who must wait for whom, kept as single edges: each question walks along them. */
class Edges {
  readonly alive: Set<number>;
  private readonly sources: Set<number>[];

  constructor(computations: readonly Computation[]) {
    const place = new Map(computations.map(({ node, index }) => [node, index]));
    this.alive = new Set(computations.keys());
    this.sources = computations.map(({ operands }) => new Set(operands.flatMap(({ base }) => place.get(base) ?? [])));
  }

  waitsFor(unit: number, other: number, seen: Set<number> = new Set<number>()): boolean {
    return [...this.sources[unit]].some((source) => {
      if (source === other) return true;
      if (seen.has(source)) return false;
      seen.add(source);
      return this.waitsFor(source, other, seen);
    });
  }

  order(unit: number, other: number): boolean {
    if (unit === other || this.waitsFor(other, unit)) return false;
    this.sources[unit].add(other);
    return true;
  }

  merge(into: number, other: number): boolean {
    for (const between of this.alive) {
      if (between === into || between === other) continue;
      if (this.waitsFor(into, between) && this.waitsFor(between, other)) return false;
      if (this.waitsFor(other, between) && this.waitsFor(between, into)) return false;
    }
    for (const source of this.sources[other]) this.sources[into].add(source);
    for (const sources of this.sources) if (sources.delete(other)) sources.add(into);
    this.sources[into].delete(into);
    this.sources[other].clear();
    this.alive.delete(other);
    return true;
  }

  /** Takes a unit without nodes out: what came before it still comes before what came after it. */
  remove(unit: number): void {
    for (const sources of this.sources) {
      if (sources.delete(unit)) for (const source of this.sources[unit]) sources.add(source);
    }
    this.alive.delete(unit);
  }
}

describe('what waits for what', () => {
  test.each([4, 10, 40])('%i computations: units answer as a walk along all edges does', (count) => {
    const totals = { merged: 0, refused: 0, ordered: 0, moved: 0, died: 0 };
    for (let seed = 0; seed < 2000 / count; seed++) {
      const random = testRandom(seed);
      const list = randomComputations(random, count);
      const units = new Units(list);
      const edges = new Edges(list);
      for (let change = 0; change < count; change++) {
        const [a, b] = [random.pick(units.alive), random.pick(units.alive)];
        const kind = random.integer(3);
        if (kind === 0) {
          const answer = units.order(a, b);
          expect(answer).toBe(edges.order(a, b));
          totals.ordered += answer ? 1 : 0;
        } else if (kind === 1) {
          // As `fuse` does: to the one other unit that reads it.
          const map = random.pick(list);
          const from = units.of.get(map.node)!;
          const readers = list.filter(({ operands }) => operands.some(({ base }) => base === map.node));
          const [to, ...others] = new Set(readers.map(({ node }) => units.of.get(node)!));
          if (to === undefined || to === from || others.length > 0) continue;
          units.move(map, to);
          totals.moved++;
          if (units.all[from].maps.length > 0) continue;
          edges.remove(from);
          totals.died++;
        } else if (a !== b) {
          const answer = units.merge(a, b);
          expect(answer).toBe(edges.merge(a, b));
          totals[answer ? 'merged' : 'refused']++;
        }
        expect(new Set(units.alive)).toEqual(edges.alive);
        for (const unit of units.alive) {
          const waits = units.alive.filter((other) => units.waitsFor(unit, other));
          expect(waits).toEqual(units.alive.filter((other) => edges.waitsFor(unit, other)));
        }
      }
      expectSchedule(units, list);
    }
    expect(Math.min(...Object.values(totals))).toBeGreaterThan(20);
  });
});

/** What units wait for is a strict order, and holds for every tensor that one reads of another. */
function expectSchedule(units: Units, list: readonly Computation[]): void {
  for (const unit of units.alive) expect(units.waitsFor(unit, unit)).toBe(false);
  for (const { node, operands } of list) {
    const reader = units.of.get(node)!;
    for (const { base } of operands) {
      const source = units.of.get(base);
      if (source !== undefined && source !== reader) expect(units.waitsFor(reader, source)).toBe(true);
    }
  }
}

import { Random } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import { breedParameters } from '../../src/tune/breed-parameters.ts';
import type { Parameter, ParameterValues } from '../../src/tune/parameter.ts';
import { evolutionDefaults, type Evolution } from '../../src/tune/space.ts';

const N = 20_000;
const axes: Record<string, Parameter> = { a: { uniform: [0, 10] }, b: { uniform: [0, 10] } };
/** Of N parents the i-th, counted from the best, has i in both parameters. */
const parents = [0, 1, 2, 3].map((i): ParameterValues => ({ a: i, b: i }));

function children(changes: Partial<Evolution>): ParameterValues[] {
  const random = new Random(3);
  const evolution = { ...evolutionDefaults, ...changes };
  return Array.from({ length: N }, () => breedParameters(parents, axes, evolution, random));
}

/** Whether a share of N independent draws differs from a probability by less than five standard deviations: more has a probability below 10⁻⁶. */
function expectShare(count: number, probability: number): void {
  expect(Math.abs(count - N * probability)).toBeLessThan(5 * Math.sqrt(N * probability * (1 - probability)));
}

describe('breedParameters', () => {
  it.each([1, 2, 3])('takes parents as tournaments of %d do', (tournament) => {
    const made = children({ tournament, crossover: 0, mutation: 0 });
    for (const rank of [0, 1, 2, 3]) {
      const probability = ((4 - rank) ** tournament - (3 - rank) ** tournament) / 4 ** tournament;
      expectShare(made.filter(({ a }) => a === rank).length, probability);
    }
    expect(made.every(({ a, b }) => a === b)).toBe(true);
  });

  it('mixes two parents as often as it should', () => {
    // Of two different parents, which are 3 of 4 pairs, each parameter is either's: they differ in half of the children.
    const mixed = children({ tournament: 1, crossover: 0.6, mutation: 0 }).filter(({ a, b }) => a !== b);
    expectShare(mixed.length, 0.6 * 0.75 * 0.5);
  });

  it('changes each parameter as often as it should', () => {
    const made = children({ crossover: 0, mutation: 0.2 });
    const changed = (name: string) => (child: ParameterValues) => !Number.isInteger(child[name]);
    expectShare(made.filter(changed('a')).length, 0.2);
    expectShare(made.filter(changed('b')).length, 0.2);
    expectShare(made.filter((child) => changed('a')(child) && changed('b')(child)).length, 0.04);
  });
});

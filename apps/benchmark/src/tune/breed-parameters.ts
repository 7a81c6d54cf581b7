import type { RandomSource } from '@gradus/core';
import { mutateParameter, type Parameter, type ParameterValues } from './parameter.ts';
import type { Evolution } from './space.ts';

/**
 * A child of `parents`, of whom the best is the first (S6.6; Holland, 1975). Each of its one or two parents is the winner of a tournament, the best of
 * some who are drawn with replacement (Goldberg and Deb, 1991): of N parents the one of rank i, counted from 0, with probability
 * ((N − i)ᵏ − (N − i − 1)ᵏ) / Nᵏ for tournaments of k. With probability `crossover` each parameter is that of either of two parents (Syswerda, 1989), else all are those of
 * one. Then each changes with probability `mutation`.
 */
export function breedParameters(
  parents: readonly ParameterValues[],
  parameters: Readonly<Record<string, Parameter>>,
  { tournament, crossover, mutation, mutationScale }: Evolution,
  random: RandomSource,
): ParameterValues {
  const winner = (): ParameterValues => {
    const drawn = Array.from({ length: tournament }, () => random.integer(parents.length));
    return parents[Math.min(...drawn)];
  };
  const first = winner();
  const second = random.nextFloat() < crossover ? winner() : first;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const inherited = (random.nextFloat() < 0.5 ? first : second)[name];
      const changes = random.nextFloat() < mutation;
      return [name, changes ? mutateParameter(parameter, inherited, mutationScale, random) : inherited];
    }),
  );
}

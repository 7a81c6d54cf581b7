import type { RandomSource } from '@gradus/core';
import { z } from 'zod';
import { hashOf } from '../files/seal.ts';

/** Two numbers, the first below the second. */
function range(number: z.ZodNumber): z.ZodType<[low: number, high: number]> {
  return z.tuple([number, number]).refine(([low, high]) => low < high, 'expected the first number below the second');
}

/** Values that a grid has of a range, its ends among them. */
const points = z.int().min(2).max(1000).optional();

/** What a parameter is drawn from. */
export const parameterSchema = z.union(
  [
    /** Any number in [low, high), all alike; on a grid `points` evenly spaced ones in [low, high]. */
    z.strictObject({ uniform: range(z.number()), points }),
    /** A number in [low, high) whose logarithm is uniform: for what counts in factors, such as learning rates. */
    z.strictObject({ log: range(z.number().positive()), points }),
    /** An integer from low to high, both included. */
    z.strictObject({ integer: range(z.int()) }),
    /** One of these values. */
    z.strictObject({
      choice: z
        .array(z.json())
        .min(1)
        .refine(
          (values) => new Set(values.map((value) => hashOf(value))).size === values.length,
          'expected different values',
        ),
    }),
  ],
  'expected {"uniform": [low, high]}, {"log": [low, high]} with 0 < low < high, {"integer": [low, high]} or {"choice": [value, …]}',
);

/** A value that fits {@link parameterSchema}. */
export type Parameter = z.infer<typeof parameterSchema>;

/** A value of a parameter. */
export type ParameterValue = z.infer<ReturnType<typeof z.json>>;

/** Draws a value: uniform low + (high − low) u, log-uniform low · (high / low)ᵘ for u uniform in [0, 1). */
export function drawParameter(parameter: Parameter, random: RandomSource): ParameterValue {
  if ('choice' in parameter) return parameter.choice[random.integer(parameter.choice.length)];
  if ('integer' in parameter) {
    const [low, high] = parameter.integer;
    return low + random.integer(high - low + 1);
  }
  return valueAt(parameter, random.nextFloat());
}

/** How many values there are to draw; Infinity for ranges of numbers. */
export function countValues(parameter: Parameter): number {
  if ('choice' in parameter) return parameter.choice.length;
  return 'integer' in parameter ? parameter.integer[1] - parameter.integer[0] + 1 : Infinity;
}

/** The values that a grid has of a parameter: all there are, or `points` of a range; undefined where it does not say how many. */
export function gridValues(parameter: Parameter): ParameterValue[] | undefined {
  if ('choice' in parameter) return parameter.choice;
  if ('integer' in parameter) {
    return Array.from({ length: countValues(parameter) }, (_, i) => parameter.integer[0] + i);
  }
  const { points: count } = parameter;
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, i) => valueAt(parameter, i / (count - 1)));
}

/** The values beyond which nothing is drawn, or all of a choice, each with its place: an algorithm must take each of them. */
export function extremeValues(parameter: Parameter): { readonly place: string; readonly value: ParameterValue }[] {
  if ('choice' in parameter) return parameter.choice.map((value, i) => ({ place: `choice[${i}]`, value }));
  if ('integer' in parameter) return parameter.integer.map((value, i) => ({ place: `integer[${i}]`, value }));
  const kind = 'uniform' in parameter ? 'uniform' : 'log';
  return [0, BELOW_ONE].map((u, i) => ({ place: `${kind}[${i}]`, value: valueAt(parameter, u) }));
}

/** The largest number that a draw from [0, 1) may give. */
const BELOW_ONE = 1 - 2 ** -32;

function valueAt(parameter: Exclude<Parameter, { choice: unknown } | { integer: unknown }>, u: number): number {
  const [low, high] = 'uniform' in parameter ? parameter.uniform : parameter.log;
  // Exactly, where the exponential of a logarithm is not.
  if (u === 1) return high;
  return 'uniform' in parameter ? low + (high - low) * u : low * Math.exp(u * Math.log(high / low));
}

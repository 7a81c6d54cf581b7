import type { RandomSource } from '@gradus/core';
import { z } from 'zod';

/** Two numbers, the first below the second. */
function range(number: z.ZodNumber): z.ZodType<[low: number, high: number]> {
  return z.tuple([number, number]).refine(([low, high]) => low < high, 'expected the first number below the second');
}

/** What a parameter is drawn from. */
export const parameterSchema = z.union(
  [
    /** Any number in [low, high), all alike. */
    z.strictObject({ uniform: range(z.number()) }),
    /** A number in [low, high) whose logarithm is uniform: for what counts in factors, such as learning rates. */
    z.strictObject({ log: range(z.number().positive()) }),
    /** An integer from low to high, both included. */
    z.strictObject({ integer: range(z.int()) }),
    /** One of these values. */
    z.strictObject({ choice: z.array(z.json()).min(1) }),
  ],
  'expected {"uniform": [low, high]}, {"log": [low, high]} with 0 < low < high, {"integer": [low, high]} or {"choice": [value, …]}',
);

/** A value that fits {@link parameterSchema}. */
export type Parameter = z.infer<typeof parameterSchema>;

/** Draws a value: uniform low + (high − low) u, log-uniform low · (high / low)ᵘ for u uniform in [0, 1). */
export function drawParameter(parameter: Parameter, random: RandomSource): z.infer<ReturnType<typeof z.json>> {
  if ('uniform' in parameter) return random.uniform(...parameter.uniform);
  if ('log' in parameter) {
    const [low, high] = parameter.log;
    return low * Math.exp(random.nextFloat() * Math.log(high / low));
  }
  if ('integer' in parameter) {
    const [low, high] = parameter.integer;
    return low + random.integer(high - low + 1);
  }
  return parameter.choice[random.integer(parameter.choice.length)];
}

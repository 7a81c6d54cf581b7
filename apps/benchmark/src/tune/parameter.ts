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
    /**
     * median · factorᶻ for z ~ N(0, 1), log-Gaussian: about two thirds are within a factor of the median, and none is impossible. On a grid `points` values for
     * evenly spaced z in [−2, 2].
     */
    z.strictObject({ logNormal: z.tuple([z.number().positive(), z.number().gt(1)]), points }),
    /** An integer from low to high, both included. */
    z.strictObject({
      integer: z
        .tuple([z.int(), z.int()])
        .refine(([low, high]) => low <= high, 'expected the first number to be at most the second'),
    }),
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
  'expected {"uniform": [low, high]}, {"log": [low, high]} with 0 < low < high, {"logNormal": [median, factor]} with a factor above 1, ' +
    '{"integer": [low, high]} or {"choice": [value, …]}',
);

/** A value that fits {@link parameterSchema}. */
export type Parameter = z.infer<typeof parameterSchema>;

/** A value of a parameter. */
export type ParameterValue = z.infer<ReturnType<typeof z.json>>;

/** Values of parameters by name. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** Draws a value: uniform low + (high − low) u, log-uniform low · (high / low)ᵘ for u uniform in [0, 1), log-Gaussian median · factorᶻ for z ~ N(0, 1). */
export function drawParameter(parameter: Parameter, random: RandomSource): ParameterValue {
  if ('choice' in parameter) return parameter.choice[random.integer(parameter.choice.length)];
  if ('integer' in parameter) {
    const [low, high] = parameter.integer;
    return low + random.integer(high - low + 1);
  }
  if ('logNormal' in parameter) return logNormalAt(parameter, random.normal());
  return valueAt(parameter, random.nextFloat());
}

/**
 * Another value near `value`: a Gaussian step of `scale` standard deviations of what the parameter is drawn from, reflected at the ends of a range, where a
 * `log` or `logNormal` one is taken on the logarithm. An integer moves by 1 at least; of a choice it is any other.
 */
export function mutateParameter(
  parameter: Parameter,
  value: ParameterValue,
  scale: number,
  random: RandomSource,
): ParameterValue {
  if ('choice' in parameter) {
    const others = parameter.choice.filter((each) => hashOf(each) !== hashOf(value));
    return others.length === 0 ? value : others[random.integer(others.length)];
  }
  const from = Number(value);
  if ('logNormal' in parameter) return from * parameter.logNormal[1] ** (scale * random.normal());
  // The standard deviation of u uniform in [0, 1) is √(1/12).
  const step = scale * Math.sqrt(1 / 12) * random.normal();
  if ('integer' in parameter) {
    const [low, high] = parameter.integer;
    if (low === high) return low;
    const n = high - low + 1;
    const to = low + Math.min(Math.floor(n * reflected((from - low + 0.5) / n + step)), n - 1);
    if (to !== from) return to;
    return from === low || (from < high && random.nextFloat() < 0.5) ? from + 1 : from - 1;
  }
  const [low, high] = 'uniform' in parameter ? parameter.uniform : parameter.log;
  const at = 'uniform' in parameter ? (from - low) / (high - low) : Math.log(from / low) / Math.log(high / low);
  return valueAt(parameter, Math.min(reflected(at + step), BELOW_ONE));
}

/** `u` thrown back at 0 and 1 until it is between them. */
function reflected(u: number): number {
  const inPeriod = u - 2 * Math.floor(u / 2);
  return inPeriod > 1 ? 2 - inPeriod : inPeriod;
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
  const evenly = Array.from({ length: count }, (_, i) => i / (count - 1));
  return evenly.map((u) => ('logNormal' in parameter ? logNormalAt(parameter, 4 * u - 2) : valueAt(parameter, u)));
}

/** The values beyond which nothing is drawn, or next to nothing, or all of a choice, each with its place: an algorithm must take each of them. */
export function extremeValues(parameter: Parameter): { readonly place: string; readonly value: ParameterValue }[] {
  if ('choice' in parameter) return parameter.choice.map((value, i) => ({ place: `choice[${i}]`, value }));
  if ('integer' in parameter) return parameter.integer.map((value, i) => ({ place: `integer[${i}]`, value }));
  if ('logNormal' in parameter) {
    return [-4, 4].map((z) => ({ place: `logNormal (${z} deviations)`, value: logNormalAt(parameter, z) }));
  }
  const kind = 'uniform' in parameter ? 'uniform' : 'log';
  return [0, BELOW_ONE].map((u, i) => ({ place: `${kind}[${i}]`, value: valueAt(parameter, u) }));
}

/** The largest number that a draw from [0, 1) may give. */
const BELOW_ONE = 1 - 2 ** -32;

function logNormalAt({ logNormal: [median, factor] }: Extract<Parameter, { logNormal: unknown }>, z: number): number {
  return median * factor ** z;
}

function valueAt(parameter: Extract<Parameter, { uniform: unknown } | { log: unknown }>, u: number): number {
  const [low, high] = 'uniform' in parameter ? parameter.uniform : parameter.log;
  // Exactly, where the exponential of a logarithm is not.
  if (u === 1) return high;
  return 'uniform' in parameter ? low + (high - low) * u : low * Math.exp(u * Math.log(high / low));
}

/** `learningRate=0.001 batchSize=64`, to be read. */
export function describeParameters(parameters: ParameterValues): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${describeValue(value)}`)
    .join(' ');
}

function describeValue(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(4)))
    : JSON.stringify(value);
}

import { readFileSync } from 'node:fs';
import * as t from '@gradus/tensor';
import { expect } from 'vitest';

/** Nested lists of numbers, as golden files have them. */
export type Numbers = number | readonly Numbers[];

/**
 * A file of test/fixtures: float64 expectations of float32 inputs, made with own code in PyTorch 1.13 and compared with transformers 5.18 and TRL 1.13.
 */
export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
}

export function flat(values: Numbers): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flat);
}

export function shapeOf(values: Numbers): number[] {
  return typeof values === 'number' ? [] : [values.length, ...(values.length > 0 ? shapeOf(values[0]) : [])];
}

export function variableOf(values: Numbers): t.Variable {
  return t.variable(shapeOf(values), flat(values));
}

export function tensorOf(values: Numbers, dtype: t.DType = 'float32'): t.Tensor {
  return t.constant(shapeOf(values), flat(values), dtype);
}

/** Equal within `tolerance`, relative to the size of what is expected or, where that is below 1, absolute. */
export function expectClose(actual: ArrayLike<number>, expected: Numbers, tolerance = 1e-5): void {
  const wanted = flat(expected);
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    const allowed = tolerance * Math.max(1, Math.abs(value));
    expect(Math.abs(actual[i] - value), `[${i}]: expected ${value}, got ${actual[i]}`).toBeLessThanOrEqual(allowed);
  });
}

/** A loss and its gradients with respect to `inputs`, computed. */
export function lossAndGradients(
  inputs: readonly t.Variable[],
  loss: () => t.Tensor,
): { readonly loss: number; readonly gradients: readonly Float32Array[] } {
  const results = t.evaluate(() => {
    const value = loss();
    const gradients = t.grad(value, [...inputs]);
    return { loss: value, ...Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])) };
  }) as Record<string, Float32Array>;
  return { loss: results.loss[0], gradients: inputs.map((_, i) => results[`g${i}`]) };
}

import type { Random } from '@gradus/core';

/** n standard normal numbers. */
export function normals(random: Random, n: number): Float32Array {
  return Float32Array.from({ length: n }, () => random.normal());
}

/** n numbers uniform in [low, high). */
export function uniforms(random: Random, n: number, low: number, high: number): Float32Array {
  return Float32Array.from({ length: n }, () => random.uniform(low, high));
}

/** n integers uniform in 0, …, below − 1. */
export function integers(random: Random, n: number, below: number): Int32Array {
  return Int32Array.from({ length: n }, () => random.integer(below));
}

/** n numbers that are 1 with the given probability, else 0. */
export function bits(random: Random, n: number, probability: number): Float32Array {
  return Float32Array.from({ length: n }, () => (random.nextFloat() < probability ? 1 : 0));
}

/** A utility with its largest value 0, of any dimension. */
export type Utility = (x: Float64Array) => number;

/** −Σ x_i². */
export function sphere(x: Float64Array): number {
  return -x.reduce((sum, value) => sum + value * value, 0);
}

/** −Σ 10^(6 i / (n − 1)) x_i²: the condition number is 10⁶. */
export function ellipsoid(x: Float64Array): number {
  return -x.reduce((sum, value, i) => sum + 10 ** ((6 * i) / (x.length - 1)) * value * value, 0);
}

/** −Σ 100 (x_{i+1} − x_i²)² + (1 − x_i)², largest at (1, …, 1). */
export function rosenbrock(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2;
  return -sum;
}

/** −(x₁ − 1)² − 4 (x₂ + 2)², and so on by turns. */
export function shiftedBowl(x: Float64Array): number {
  return -x.reduce((sum, value, i) => sum + (i % 2 === 0 ? (value - 1) ** 2 : 4 * (value + 2) ** 2), 0);
}

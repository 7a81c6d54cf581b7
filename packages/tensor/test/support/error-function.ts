/** erf by its Taylor series near zero, and by the continued fraction of erfc elsewhere. */
export function errorFunction(x: number): number {
  return Math.abs(x) < 2 ? taylor(x) : Math.sign(x) * (1 - complement(Math.abs(x)));
}

/** Φ, the distribution of the standard normal: ½ erfc(−x / √2), without cancellation on either side. */
export function normalDistribution(x: number): number {
  const a = x * Math.SQRT1_2;
  if (Math.abs(a) < 2) return 0.5 * (1 + taylor(a));
  return a < 0 ? 0.5 * complement(-a) : 1 - 0.5 * complement(a);
}

function taylor(x: number): number {
  let term = x;
  let sum = x;
  for (let i = 1; i < 60; i++) {
    term *= (-x * x) / i;
    sum += term / (2 * i + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc(a) for a ≥ 2. */
function complement(a: number): number {
  if (a > 30) return 0;
  let fraction = a;
  for (let i = 60; i > 0; i--) fraction = a + i / 2 / fraction;
  return Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction;
}

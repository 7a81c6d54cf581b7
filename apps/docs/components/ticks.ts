/** At most `most` + 1 round numbers, 1, 2 or 5 times a power of ten apart, between `low` and `high`. */
export function ticks(low: number, high: number, most: number): number[] {
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // By division, since multiples of 0.1 are not as round.
  return Array.from({ length: Math.max(count, 0) }, (_, i) =>
    step >= 1 ? (first + i) * step : (first + i) / Math.round(1 / step),
  );
}

/** The outputs of a network of tanh layers and a linear one, of which θ is written down unit by unit: weights, then bias. */
export function networkOutputs(
  theta: readonly number[],
  inputs: readonly number[],
  sizes: readonly number[],
  bias: boolean,
): number[] {
  const rest = [...theta];
  return sizes.reduce<readonly number[]>((values, size, layer) => {
    return Array.from({ length: size }, () => {
      const weights = rest.splice(0, values.length);
      const sum =
        values.reduce((total, value, i) => total + value * weights[i], 0) + (bias ? (rest.shift() ?? NaN) : 0);
      return layer < sizes.length - 1 ? Math.tanh(sum) : sum;
    });
  }, inputs) as number[];
}

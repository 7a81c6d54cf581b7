import * as t from '@gradus/tensor';

/** How positions turn queries and keys (Su et al., 2021). */
export interface RotaryOptions {
  /** Elements of a head that are turned, an even number. */
  readonly size: number;
  /** θ: pair i turns by position · θ^(−2i / size). */
  readonly base: number;
  readonly positions: number;
}

/**
 * Turns pairs of elements of heads by angles that grow with the position: x [rows, heads, time, size], int32 positions [rows, time] → the same shape. As in
 * Hugging Face's models the pair of element i is element i + size / 2, and elements behind `size` stay.
 */
export function rotary({ size, base, positions }: RotaryOptions): (x: t.Tensor, at: t.Tensor) => t.Tensor {
  const half = size / 2;
  const angles = Array.from({ length: positions * half }, (_, i) => {
    const [position, pair] = [Math.floor(i / half), i % half];
    return position * base ** ((-2 * pair) / size);
  });
  const [cosines, sines] = [Math.cos, Math.sin].map((turn) => Float32Array.from(angles, turn));
  return (x, at) => {
    const [rows, heads, time, width] = x.shape;
    const table = (values: Float32Array): t.Tensor =>
      t.reshape(t.embedding(t.constant([positions, half], values), at), [rows, 1, time, half]);
    const [cosine, sine] = [table(cosines), table(sines)];
    const part = (from: number, length: number): t.Tensor => t.slice(x, [0, 0, 0, from], [rows, heads, time, length]);
    const [a, b] = [part(0, half), part(half, half)];
    const turned = [t.sub(t.mul(a, cosine), t.mul(b, sine)), t.add(t.mul(b, cosine), t.mul(a, sine))];
    return t.concat(size === width ? turned : [...turned, part(size, width - size)], -1);
  };
}

import type { Bounds } from './bounds.ts';

/**
 * A smooth map T of the whole space onto a box, as of Hansen's pycma (`BoundTransform`), for searches that must not notice where the box ends. For each
 * parameter, with a = min((u − l) / 2, (1 + |bound|) / 20) at either bound:
 *
 *     T(z) = z                              l + a ≤ z ≤ u − a
 *     T(z) = l + (z − l + a)² / 4a          l − a ≤ z ≤ l + a,    and u − (z − u − a)² / 4a at the upper bound
 *
 * and outside of [l − a, u + a] it is mirrored at these ends, again and again. T and T′ are continuous. `Infinity` as a bound is none.
 */
export function fold(bounds: Bounds, points: Float64Array): void {
  const dimension = bounds.lower.length;
  for (let at = 0; at < points.length; at++) points[at] = foldOne(points[at], bounds, at % dimension);
}

/** T⁻¹ of points inside the box, in [l − a, u + a]. */
export function unfold(bounds: Bounds, points: Float64Array): void {
  const dimension = bounds.lower.length;
  for (let at = 0; at < points.length; at++) points[at] = unfoldOne(points[at], bounds, at % dimension);
}

function foldOne(z: number, { lower, upper }: Bounds, i: number): number {
  const [low, high] = [lower[i], upper[i]];
  if (low === high) return low;
  const below = margin(low, low, high);
  const above = margin(high, low, high);
  const inside = mirror(z, low - below, high + above);
  if (inside < low + below) return Math.max(low, low + (inside - low + below) ** 2 / (4 * below));
  if (inside > high - above) return Math.min(high, high - (inside - high - above) ** 2 / (4 * above));
  return inside;
}

function unfoldOne(x: number, { lower, upper }: Bounds, i: number): number {
  const [low, high] = [lower[i], upper[i]];
  if (low === high) return low;
  const below = margin(low, low, high);
  const above = margin(high, low, high);
  if (x < low + below) return low - below + 2 * Math.sqrt(below * (x - low));
  if (x > high - above) return high + above - 2 * Math.sqrt(above * (high - x));
  return x;
}

/** a at `bound`; 0 where there is none. */
function margin(bound: number, low: number, high: number): number {
  return Number.isFinite(bound) ? Math.min((high - low) / 2, (1 + Math.abs(bound)) / 20) : 0;
}

/** z, mirrored at the two ends until it is between them. */
function mirror(z: number, first: number, last: number): number {
  if (z >= first && z <= last) return z;
  if (first === -Infinity) return 2 * last - z;
  if (last === Infinity) return 2 * first - z;
  const length = last - first;
  const phase = (((z - first) % (2 * length)) + 2 * length) % (2 * length);
  return phase <= length ? first + phase : last - (phase - length);
}

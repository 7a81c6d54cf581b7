/** The part of a picture that differs from the one before, by numbers of colours. */
export interface IndexedChanges {
  /** [red, green, blue], each 0 to 255. The first entry is that of no change, whatever its colour. */
  readonly palette: readonly (readonly number[])[];
  /** Which of them each pixel has: 0 where it stays as it was. */
  readonly indices: Uint8Array;
}

/** Colours in a GIF's palette, the one of no change among them. */
const PALETTE_SIZE = 256;

/**
 * The changes from `before` to `pixels`, both RGBA and opaque, in their 255 most frequent colours; others become the nearest of these.
 * Drawings consist of areas, which so keep exactly their colours, and smoothed edges, which can spare a shade.
 */
export function indexChanges(pixels: Uint8ClampedArray, before?: Uint8ClampedArray): IndexedChanges {
  const colors = asColors(pixels);
  const colorsBefore = before && asColors(before);
  const isChanged = (i: number): boolean => colors[i] !== colorsBefore?.[i];
  const counts = new Map<number, number>();
  for (let i = 0; i < colors.length; i++) {
    if (isChanged(i)) counts.set(colors[i], (counts.get(colors[i]) ?? 0) + 1);
  }
  const byFrequency = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b).map(([color]) => color);
  const palette = [[0, 0, 0], ...byFrequency.slice(0, PALETTE_SIZE - 1).map(channels)];
  const indexOf = new Map(
    byFrequency.map((color, i) => [color, i + 1 < PALETTE_SIZE ? i + 1 : nearest(palette, channels(color))]),
  );
  const indices = new Uint8Array(colors.length);
  for (let i = 0; i < colors.length; i++) if (isChanged(i)) indices[i] = indexOf.get(colors[i]) ?? 0;
  return { palette, indices };
}

function asColors(pixels: Uint8ClampedArray): Uint32Array {
  return new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
}

/** Red, green and blue of four bytes that were read as one little-endian number. */
function channels(color: number): number[] {
  return [color & 255, (color >>> 8) & 255, (color >>> 16) & 255];
}

function nearest(palette: readonly (readonly number[])[], [red, green, blue]: readonly number[]): number {
  const distances = palette.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  distances[0] = Infinity;
  return distances.indexOf(Math.min(...distances));
}

/** Makes a grey picture [side × side], row by row, bytes from black to white, of RGBA pixels [height × width × 4]. */
export type GrayPicture = (pixels: ArrayLike<number>, picture: Uint8Array) => void;

/** Rec. 601's luma of red, green and blue. */
const LUMA = [0.299, 0.587, 0.114];

/**
 * Grey pictures of `side` × `side` pixels of coloured ones of `width` × `height`: each pixel is the mean luma
 * 0.299 red + 0.587 green + 0.114 blue of the area that it covers, rounded. Alpha is ignored.
 */
export function grayPicture(width: number, height: number, side: number): GrayPicture {
  const luma = new Float64Array(width * height);
  const columns = coverages(width, side);
  const rows = coverages(height, side);
  return (pixels, picture) => {
    for (let i = 0, k = 0; i < luma.length; i++, k += 4) {
      luma[i] = LUMA[0] * pixels[k] + LUMA[1] * pixels[k + 1] + LUMA[2] * pixels[k + 2];
    }
    for (let row = 0, i = 0; row < side; row++) {
      for (let column = 0; column < side; column++, i++) {
        picture[i] = Math.round(weightedSum(luma, width, rows[row], columns[column]));
      }
    }
  };
}

/** Which of the pixels of a line one longer or shorter pixel covers. */
interface Coverage {
  /** The first of them. */
  readonly first: number;
  /** How much of the whole each of them is. */
  readonly weights: Float64Array;
}

/** What each of `count` equal parts of a line of `length` pixels covers. */
function coverages(length: number, count: number): Coverage[] {
  return Array.from({ length: count }, (_, i) => {
    // Integers, so that no rounding error adds a pixel of which next to nothing is covered.
    const [start, end] = [i * length, (i + 1) * length];
    const first = Math.floor(start / count);
    const last = Math.ceil(end / count) - 1;
    const weights = Float64Array.from({ length: last - first + 1 }, (_, k) => {
      const pixel = (first + k) * count;
      return (Math.min(pixel + count, end) - Math.max(pixel, start)) / length;
    });
    return { first, weights };
  });
}

function weightedSum(luma: Float64Array, width: number, rows: Coverage, columns: Coverage): number {
  let sum = 0;
  for (let y = 0; y < rows.weights.length; y++) {
    const start = (rows.first + y) * width + columns.first;
    let rowSum = 0;
    for (let x = 0; x < columns.weights.length; x++) rowSum += columns.weights[x] * luma[start + x];
    sum += rows.weights[y] * rowSum;
  }
  return sum;
}

/** Any memory that numbers can be copied into or from. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** From this width on copying a row as a block is faster than number by number. */
export const WIDE = 64;

/** Copies rows `indices[start…end)` of `source`, [rows × width], to the first rows of `target`. */
export function gatherRows(
  source: NumberArray,
  width: number,
  indices: Uint32Array,
  start: number,
  end: number,
  target: NumberArray,
): void {
  if (source instanceof Float32Array && target instanceof Float32Array && width < WIDE) {
    gatherFloats(source, width, indices, start, end, target);
    return;
  }
  let to = 0;
  for (let k = start; k < end; k++) {
    const from = indices[k] * width;
    if (width < WIDE) for (let j = 0; j < width; j++) target[to++] = source[from + j];
    else {
      target.set(source.subarray(from, from + width), to);
      to += width;
    }
  }
}

/** The same for one type of arrays, that of nearly all of a minibatch: where types differ, each number has to be asked for its own. */
function gatherFloats(
  source: Float32Array,
  width: number,
  indices: Uint32Array,
  start: number,
  end: number,
  target: Float32Array,
): void {
  let to = 0;
  for (let k = start; k < end; k++) {
    const from = indices[k] * width;
    for (let j = 0; j < width; j++) target[to++] = source[from + j];
  }
}

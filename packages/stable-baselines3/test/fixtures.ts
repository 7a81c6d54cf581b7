import { readFileSync } from 'node:fs';

/** A file of `fixtures`, which `make.py` there writes. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}

/** What PyTorch and numpy made of it, by the names of files. */
export const expected = JSON.parse(new TextDecoder().decode(fixture('expected.json'))) as Readonly<
  Record<string, Readonly<Record<string, readonly number[]>>>
>;

/** Throws unless the numbers are the same to 10⁻⁵ of the larger of them and 1. */
export function expectClose(actual: ArrayLike<number>, wanted: readonly number[]): void {
  if (actual.length !== wanted.length) throw new Error(`expected ${wanted.length} numbers, got ${actual.length}`);
  wanted.forEach((number, i) => {
    const tolerance = 1e-5 * Math.max(1, Math.abs(number));
    if (!(Math.abs(actual[i] - number) <= tolerance)) {
      throw new Error(`expected ${number} at [${i}], got ${actual[i]}`);
    }
  });
}

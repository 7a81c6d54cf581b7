import { constant, evaluate, randomNormal } from '@gradus/tensor';

/** Standard normal numbers of `count` draws, [rows][2] each, as a program makes them of one key: each draw has a stream of its own. */
export function drawsOfKey(key: readonly number[], count: number, rows: number): number[][][] {
  const draws = evaluate(() => {
    const pair = constant([2], key, 'int32');
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [i, randomNormal(pair, [rows, 2])]));
  });
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: rows }, (__, k) => Array.from(draws[i].slice(2 * k, 2 * k + 2))),
  );
}

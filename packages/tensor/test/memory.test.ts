import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { device, matmul, mean, program, sgd, tanh, variable } from '../src/index.ts';

const wasm = device('wasm');

/** Collects what nobody holds any more. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Bytes of all of wasm memory. */
function wasmBytes(): number {
  const block = wasm.kernels.allocate(64);
  const { byteLength } = block.float32().buffer;
  wasm.kernels.free(block);
  return byteLength;
}

/** Makes parameters and a program that changes them, runs it once and drops everything. */
function makeAndDispose(on: 'wasm' | 'native'): void {
  const w = variable([3, 2], [1, 2, 3, 4, 5, 6]);
  const update = program(
    { x: [4, 3] },
    ({ x }) => {
      const loss = mean(tanh(matmul(x, w)));
      return { loss, ...sgd({ w }).minimize(loss) };
    },
    { device: device(on) },
  );
  update.run();
  update.dispose();
  w.dispose();
}

test('10,000 programs made and disposed of leave wasm memory as it was', () => {
  makeAndDispose('wasm');
  const before = wasmBytes();
  for (let i = 0; i < 10_000; i++) makeAndDispose('wasm');
  expect(wasmBytes()).toBe(before);
});

test('and the memory of the process flat on native', () => {
  const rounds = 2500;
  const resident = Array.from({ length: 7 }, () => {
    for (let i = 0; i < rounds; i++) makeAndDispose('native');
    collectGarbage();
    const { rss, heapTotal } = process.memoryUsage();
    return rss - heapTotal;
  });
  // One program has about 2 KB, so that each round would add 5 MB: to the median of rounds, and to the median of the slopes between all pairs of rounds (Theil, 1950). Without the heap, where other
  // tests have been, what is left goes up and down by 20 MB as pages are kept and given back, which moves the first, or once for good, which moves the second.
  const slopes = resident.flatMap((bytes, i) => resident.slice(0, i).map((earlier, j) => (bytes - earlier) / (i - j)));
  const added = resident.slice(1).map((bytes, i) => bytes - resident[i]);
  expect(Math.min(median(slopes), median(added))).toBeLessThan(2.5e6);
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

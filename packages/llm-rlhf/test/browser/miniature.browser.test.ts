/// <reference lib="dom" />
import { expect, test } from 'vitest';
import type { Trained } from './train-miniature.ts';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('supervised fine-tuning and RLOO improve in a worker, on wasm', async () => {
  const worker = new Worker(new URL('miniature.worker.ts', import.meta.url), { type: 'module' });
  const answer = await new Promise<Trained | { readonly error: string }>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Trained | { readonly error: string }>) => {
      resolve(data);
    };
    worker.onerror = ({ message }) => {
      reject(new Error(message));
    };
    worker.postMessage('train');
  });
  worker.terminate();
  if ('error' in answer) throw new Error(answer.error);
  expect(answer.device).toMatch(/^wasm(-relaxed)?$/);
  const [before, after] = answer.losses;
  // A model that knows nothing takes each of 34 words for equally likely, or worse.
  expect(before).toBeGreaterThan(3.4);
  expect(after).toBeLessThan(2);
  expect(mean(answer.rewards.slice(-5))).toBeGreaterThan(mean(answer.rewards.slice(0, 5)) + 0.05);
});

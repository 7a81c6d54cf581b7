import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { consoleProgress, type OutputStream } from '../../src/node/console-progress.ts';
import type { Metrics } from '../../src/training/progress.ts';
import { train } from '../../src/training/train.ts';
import { fakeAgent, fakeProgress, fakeTraining } from '../fake-agent.ts';

/** A stream that keeps what is written; as a terminal it is 120 columns wide. */
function memoryStream(isTTY: boolean): { stream: OutputStream; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 120 }), text: () => text };
}

test('without a terminal it prints a line for every tenth', async () => {
  const { stream, text } = memoryStream(false);
  await train(fakeAgent(), { steps: 1000, callbacks: [consoleProgress({ stream })] });
  const lines = text().trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('fake  10% | 100/1000 steps | return 1.3 | 12,346 steps/s');
  expect(lines[9]).toMatch(/^fake 100% \| 1000\/1000 steps/);
});

test('a resumed training prints only what is left, and steps beyond the total are still 100 %', async () => {
  const { stream, text } = memoryStream(false);
  const agent = fakeAgent();
  agent.step = 90;
  await train(agent, { steps: 115, callbacks: [consoleProgress({ stream, title: 'PPO' })] });
  const lines = text().trimEnd().split('\n');
  expect(lines.map((line) => line.slice(0, 8))).toEqual(['PPO  86%', 'PPO  95%', 'PPO 100%']);
});

test('before the first episode there is no return', () => {
  const { stream, text } = memoryStream(false);
  consoleProgress({ stream }).onProgress?.(fakeProgress(10, 10, NaN), fakeTraining(fakeAgent()));
  expect(text()).toContain('return – |');
});

test('in a terminal it draws a bar', async () => {
  const { stream, text } = memoryStream(true);
  await train(fakeAgent(), { steps: 1000, callbacks: [consoleProgress({ stream })] });
  expect(text()).toContain('fake');
  expect(text()).toContain('100% | 1000/1000 steps | return 1.3 | 12,346 steps/s');
});

test('what reports a loss or a reward, as trainers of language models do, shows these instead of a return', () => {
  const { stream, text } = memoryStream(false);
  const shown = (metrics: Metrics): void => {
    const progress = fakeProgress(10, 10, NaN);
    consoleProgress({ stream }).onProgress?.(
      { ...progress, metrics: { ...progress.metrics, ...metrics } },
      fakeTraining(fakeAgent()),
    );
  };
  shown({ loss: 1.23456 });
  shown({ loss: -0.001, reward: 0.5 });
  expect(text().split('\n')).toEqual([
    'fake 100% | 10/10 steps | loss 1.235 | 12,346 steps/s',
    'fake 100% | 10/10 steps | reward 0.500 | loss -0.001 | 12,346 steps/s',
    '',
  ]);
});

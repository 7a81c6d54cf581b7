import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { consoleProgress, type OutputStream } from '../../src/node/console-progress.ts';
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

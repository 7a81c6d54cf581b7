import { expect, test } from 'vitest';
import { train, type Callback, type TrainingSummary } from '../src/train.ts';
import { fakeAgent } from './fake-agent.ts';

/** Writes down, in order, everything that it is told. */
function listener(name: string, log: string[], onProgress?: Callback['onProgress']): Callback {
  return {
    onStart: ({ totalSteps }) => log.push(`${name} start ${totalSteps}`),
    onProgress: async (progress, training) => {
      await Promise.resolve();
      log.push(`${name} ${progress.step}`);
      return onProgress?.(progress, training);
    },
    onEnd: ({ stopReason, error }) =>
      log.push(`${name} end ${stopReason ?? '-'} ${error instanceof Error ? error.message : '-'}`),
  };
}

test('tells every callback everything, in order, and awaits it', async () => {
  const log: string[] = [];
  const summary = await train(fakeAgent(), { steps: 20, callbacks: [listener('a', log), listener('b', log)] });
  expect(log).toEqual(['a start 20', 'b start 20', 'a 10', 'b 10', 'a 20', 'b 20', 'a end - -', 'b end - -']);
  expect(summary).toMatchObject({ progress: { step: 20 }, stopReason: undefined, error: undefined });
  expect(summary.seconds).toBeGreaterThan(0);
});

test('a callback can stop it; the first reason counts', async () => {
  const log: string[] = [];
  const stopAt = (step: number, reason: string) =>
    listener(reason, log, (progress, training) => {
      if (progress.step === step) training.stop(reason);
    });
  const summary = await train(fakeAgent(), {
    steps: 100,
    callbacks: [stopAt(30, 'good enough'), stopAt(30, 'too late')],
  });
  expect(summary).toMatchObject({ progress: { step: 30 }, stopReason: 'good enough' });
  expect(log.slice(-2)).toEqual(['good enough end good enough -', 'too late end good enough -']);
});

test('a stop before the first update trains nothing', async () => {
  const agent = fakeAgent();
  const summary = await train(agent, {
    steps: 100,
    callbacks: [{ onStart: (training) => training.stop('not today') }],
  });
  expect(summary).toMatchObject({ progress: undefined, stopReason: 'not today' });
  expect(agent.step).toBe(0);
});

test('an error is thrown after the callbacks had their end', async () => {
  const log: string[] = [];
  await expect(train(fakeAgent(20), { steps: 100, callbacks: [listener('a', log)] })).rejects.toThrow(
    'the network exploded',
  );
  expect(log).toEqual(['a start 100', 'a 10', 'a end - the network exploded']);
});

test('an agent that has done its steps is done', async () => {
  const agent = fakeAgent();
  await train(agent, { steps: 50 });
  const summary: TrainingSummary = await train(agent, { steps: 50 });
  expect(summary.progress).toBeUndefined();
  expect(agent.step).toBe(50);
});

test('timers get their turn while it runs', async () => {
  const callbacks: Callback[] = [
    {
      onStart: (training) => setTimeout(() => training.stop('interrupted'), 1),
      // Busy for 2 ms, as an update would be.
      onProgress: () => {
        const end = performance.now() + 2;
        while (performance.now() < end);
      },
    },
  ];
  const summary = await train(fakeAgent(), { steps: 1e6, callbacks });
  expect(summary.stopReason).toBe('interrupted');
  expect(summary.progress!.step).toBeLessThan(1e6);
});

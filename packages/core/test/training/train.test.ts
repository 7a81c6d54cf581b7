import { describe, expect, test, vi } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';
import { readNumber, type Stateful } from '../../src/checkpoints/state.ts';
import { train, type Callback, type TrainingSummary } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';

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

test('steps count from the first one, moreSteps from now', async () => {
  const agent = fakeAgent();
  await train(agent, { steps: 30 });
  const log: string[] = [];
  await train(agent, { moreSteps: 20, callbacks: [listener('a', log)] });
  expect(log).toEqual(['a start 50', 'a 40', 'a 50', 'a end - -']);
  await expect(train(agent, { steps: 60, moreSteps: 10 })).rejects.toThrow(
    new RangeError('learn: expected steps or moreSteps, got both'),
  );
  await expect(train(agent, { steps: 60, callbacks: [{ onStep: () => false }] as never })).rejects.toThrow(
    'train: expected callbacks to be a list of callbacks, objects with onProgress, onStart or onEnd, got [',
  );
  await expect(train(agent, { steps: 60, callbacks: [() => false] as never })).rejects.toThrow(
    'train: expected callbacks to be a list of callbacks, objects with onProgress, onStart or onEnd, got [a function]',
  );
  await expect(train(agent, { moreSteps: 0.5 })).rejects.toThrow(
    'train: expected moreSteps to be a positive integer, got 0.5',
  );
  await expect(train(agent, {} as { steps: number })).rejects.toThrow(
    'learn: expected steps to be a positive integer, got undefined',
  );
});

test('timers get their turn while it runs', async () => {
  // By this clock every update takes 2 ms.
  let milliseconds = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => milliseconds);
  const callbacks: Callback[] = [
    {
      onStart: (training) => setTimeout(() => training.stop('interrupted'), 0),
      onProgress: () => (milliseconds += 2),
    },
  ];
  const summary = await train(fakeAgent(), { steps: 1e6, callbacks });
  now.mockRestore();
  expect(summary.stopReason).toBe('interrupted');
  expect(summary.progress!.step).toBeLessThan(1e6);
});

test('every callback has its end, also where the end of one fails', async () => {
  const log: string[] = [];
  const broken: Callback = {
    onEnd: () => {
      throw new Error('no room for the last line');
    },
  };
  const callbacks = [broken, listener('a', log)];
  await expect(train(fakeAgent(), { steps: 10, callbacks })).rejects.toThrow('no room for the last line');
  expect(log.at(-1)).toBe('a end - -');
  // The error that ended the training is the one to tell.
  await expect(train(fakeAgent(10), { steps: 10, callbacks })).rejects.toThrow('the network exploded');
  expect(log.at(-1)).toBe('a end - the network exploded');
});

test('what a callback records is there for those after it, until the next update', async () => {
  const log: unknown[] = [];
  const note: Callback = { onProgress: ({ step }, { recorded }) => log.push([step, recorded]) };
  const record = (metric: string, at: number): Callback => ({
    onProgress: ({ step }, training) => {
      if (step === at) training.record({ [metric]: step });
    },
  });
  const callbacks = [note, record('a', 20), note, record('b', 20), note];
  await train(fakeAgent(), { steps: 30, callbacks });
  const expected = [
    [{}, {}, {}],
    [{}, { a: 20 }, { a: 20, b: 20 }],
    [{}, {}, {}],
  ];
  expect(log).toEqual(expected.flatMap((records, i) => records.map((recorded) => [10 * (i + 1), recorded])));
});

describe('resuming', () => {
  /** Counts updates over all trainings. */
  function counter(): Callback & Stateful & { count: number } {
    return {
      count: 0,
      onProgress() {
        this.count++;
      },
      getState() {
        return { count: this.count };
      },
      setState(state) {
        this.count = readNumber(state, 'count');
      },
    };
  }

  test("a checkpoint has the agent's state and the callbacks'", async () => {
    const log: string[] = [];
    const agent = fakeAgent();
    agent.checkpoint = () => ({ algorithm: 'fake', state: { step: agent.step }, files: {} });
    const saved: Record<string, Uint8Array>[] = [];
    const save: Callback = { onProgress: (_, training) => saved.push(encodeCheckpoint(training.checkpoint())) };
    const [first, second] = [counter(), counter()];
    second.count = 100;
    await train(agent, { steps: 30, callbacks: [first, listener('a', log), second, save] });

    const checkpoint = decodeCheckpoint(saved[1]);
    expect(checkpoint.state).toEqual({ step: 20, callbacks: [{ count: 2 }, { count: 102 }] });
    const callbacks = [counter(), counter()];
    const resumed = fakeAgent();
    resumed.step = 20;
    await train(resumed, { steps: 50, callbacks, resume: checkpoint });
    expect(callbacks.map(({ count }) => count)).toEqual([5, 105]);
    // Fewer callbacks than the checkpoint has states for are not taken for the same ones.
    for (const fewer of [callbacks.slice(1), []]) {
      await expect(train(fakeAgent(), { steps: 50, callbacks: fewer, resume: checkpoint })).rejects.toThrow(
        "state 'callbacks': expected a list of",
      );
    }
  });

  test('a checkpoint with fewer or no states of callbacks is refused before anything starts', async () => {
    const log: string[] = [];
    const agent = fakeAgent();
    const resume = agent.checkpoint();
    const options = { steps: 30, callbacks: [counter(), listener('a', log)], resume };
    await expect(train(agent, options)).rejects.toThrow(CheckpointError);
    await expect(train(agent, options)).rejects.toThrow("state 'callbacks': expected a list of 1 states, got nothing");
    expect(log[0]).toMatch(/^a end/);
    // Where no callback has a state, none is needed.
    expect(await train(agent, { steps: 30, callbacks: [listener('a', [])], resume })).toMatchObject({
      error: undefined,
    });
  });
});

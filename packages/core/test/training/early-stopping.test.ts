import { describe, expect, test, vi } from 'vitest';
import { stopOnNoImprovement, stopOnReturn } from '../../src/training/early-stopping.ts';
import { train, type Callback, type TrainingSummary } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';

/** Records scripted mean returns, one an update from step 10 on. */
function evaluations(meanReturns: readonly (number | undefined)[]): Callback {
  return {
    onProgress({ step }, training) {
      const meanReturn = meanReturns[step / 10 - 1];
      if (meanReturn !== undefined) training.record({ 'eval/mean_return': meanReturn });
    },
  };
}

function run(meanReturns: readonly (number | undefined)[], callback: Callback): Promise<TrainingSummary> {
  return train(fakeAgent(), { steps: 10 * meanReturns.length, callbacks: [evaluations(meanReturns), callback] });
}

describe('stopOnReturn', () => {
  test('stops at the first evaluation that reaches the threshold', async () => {
    const { progress, stopReason } = await run([3, undefined, 9.9, 10, 11], stopOnReturn(10));
    expect(progress?.step).toBe(40);
    expect(stopReason).toBe('eval/mean_return is 10, which is at least 10');
  });

  test('never stops below it, without evaluations, or at NaN', async () => {
    expect(await run([3, undefined, NaN, 9], stopOnReturn(10))).toMatchObject({ stopReason: undefined });
  });

  test('watches other metrics too', async () => {
    const { stopReason } = await run([1, 2], stopOnReturn(12_000, 'time/steps_per_second'));
    expect(stopReason).toBe('time/steps_per_second is 12345.6, which is at least 12000');
  });

  test('says that its metric never was there', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await run([1, 2], stopOnReturn(10));
    expect(warn).not.toHaveBeenCalled();
    await run([1, 2], stopOnReturn(10, 'eval/mean_reward'));
    await train(fakeAgent(), { steps: 20, callbacks: [stopOnReturn(10), evaluations([1, 2])] });
    expect(warn.mock.calls.map(([text]: string[]) => text.split(';')[0])).toEqual([
      'stopOnReturn: there was no eval/mean_reward',
      'stopOnReturn: there was no eval/mean_return',
    ]);
    warn.mockRestore();
  });

  test('needs a number', () => {
    expect(() => stopOnReturn(NaN)).toThrow('stopOnReturn: expected threshold to be a finite number');
  });
});

describe('stopOnNoImprovement', () => {
  test.each<[string, (number | undefined)[], Parameters<typeof stopOnNoImprovement>[0], number | undefined]>([
    ['after two without a new best', [1, 3, 2, 3, 9], { evaluations: 2 }, 40],
    ['a new best starts the count again', [1, 0, 2, 1, 3, 2], { evaluations: 2 }, undefined],
    ['other updates do not count', [1, undefined, undefined, 0, undefined, 0], { evaluations: 2 }, 60],
    ['the first evaluations do not count', [5, 4, 4, 4, 4, 4], { evaluations: 2, minEvaluations: 3 }, 50],
    ['but set the best', [5, 4, 4, 4.5, 4.5], { evaluations: 1, minEvaluations: 3 }, 40],
  ])('%s', async (_, meanReturns, options, step) => {
    const summary = await run(meanReturns, stopOnNoImprovement(options));
    expect(summary.stopReason === undefined ? undefined : summary.progress?.step).toBe(step);
  });

  test('says why', async () => {
    const { stopReason } = await run([7, 6, 5], stopOnNoImprovement({ evaluations: 2 }));
    expect(stopReason).toBe('no evaluation of the last 2 was better than 7');
  });

  test('counts on in a resumed training', async () => {
    const before = stopOnNoImprovement({ evaluations: 3 });
    await run([5, 4, 4], before);
    const after = stopOnNoImprovement({ evaluations: 3 });
    after.setState(before.getState());
    expect((await run([5, 9], after)).progress?.step).toBe(10);
  });

  test('options out of range', () => {
    expect(() => stopOnNoImprovement({ evaluations: 0 })).toThrow(
      'stopOnNoImprovement: expected evaluations to be a positive integer, got 0',
    );
  });
});

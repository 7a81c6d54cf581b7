import { describe, expect, it } from 'vitest';
import { summarizeGroup, type GroupSummary } from '../../src/report/summarize-group.ts';
import { groupRuns } from '../../src/results/run-groups.ts';
import { resultsOf, syntheticRecords } from '../synthetic-results.ts';

function summary(environment: string, scores: readonly number[], label = 'ppo-zoo'): GroupSummary {
  return summarizeGroup(groupRuns([resultsOf(syntheticRecords([{ label, environment, scores }]))])[0]);
}

describe('summarizeGroup', () => {
  it('computes what can be computed by hand', () => {
    const { final, mean, iqm, best, stepsPerSecond } = summary('Acrobot-v1', [1, 2, 3, 4, 10]);
    // (9 + 4 + 1 + 0 + 36) / 4
    expect(final).toEqual({ mean: 4, std: Math.sqrt(12.5) });
    expect(mean.value).toBe(4);
    // ⌊5/4⌋ = 1 is dropped at either end.
    expect(iqm.value).toBe(3);
    expect(iqm.low).toBeGreaterThanOrEqual(1);
    expect(iqm.high).toBeLessThanOrEqual(10);
    expect(best).toEqual(final);
    // 100,000 steps in 2.0, 2.1 … 2.4 s.
    expect(stepsPerSecond).toBe(45_455);
  });

  it('takes the mean of the curves point by point', () => {
    const records = syntheticRecords([{ label: 'ppo-zoo', environment: 'CartPole-v1', scores: [100, 200] }]).map(
      (record) => {
        const level = record.run.seed === 0 ? 10 : 30;
        return { ...record, curve: [1, 2].map((i) => ({ step: 1000 * i, mean_return: level * i, std_return: 1 })) };
      },
    );
    const { curve } = summarizeGroup(groupRuns([resultsOf(records)])[0]);
    expect(curve.map(({ step, value }) => [step, value])).toEqual([
      [1000, 20],
      [2000, 40],
    ]);
    // Of two runs a quarter of all resamples has only the first, a quarter only the second.
    expect(curve[1]).toMatchObject({ low: 20, high: 60 });
  });

  it('compares with what is published for the algorithm', () => {
    const verdicts = (scores: readonly number[], environment = 'CartPole-v1') => {
      const { published } = summary(environment, scores);
      return published.map(({ published: { source, mean }, verdict }) => [source, mean, verdict]);
    };
    expect(verdicts([500, 500, 500])).toEqual([
      ['zoo', 500, 'reached'],
      ['cleanrl', 490.04, 'reached'],
    ]);
    // Mean 490: the interval goes from 470 to 500.
    expect(verdicts([470, 500, 500])).toEqual([
      ['zoo', 500, 'within'],
      ['cleanrl', 490.04, 'within'],
    ]);
    expect(verdicts([470, 471, 472])).toEqual([
      ['zoo', 500, 'below'],
      ['cleanrl', 490.04, 'below'],
    ]);
    expect(verdicts([100, 100], 'FrozenLake-v1')).toEqual([]);
  });

  it('has a point as the interval of a single run', () => {
    const { final, mean } = summary('CartPole-v1', [123]);
    expect(final).toEqual({ mean: 123, std: NaN });
    expect(mean).toEqual({ value: 123, low: 123, high: 123 });
  });
});

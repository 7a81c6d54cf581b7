import { describe, expect, it } from 'vitest';
import { finalScores, groupRuns } from '../src/run-groups.ts';
import type { RunRecord } from '../src/run-record.ts';
import { resultsOf, syntheticRecords, type SyntheticGroup } from './synthetic-results.ts';

const cartPole: SyntheticGroup = { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2, 3] };

/** The same records with ids of their own. */
function renamed(records: readonly RunRecord[], suffix: string): RunRecord[] {
  return records.map((record) => ({ ...record, run: { ...record.run, id: record.run.id + suffix } }));
}

describe('groupRuns', () => {
  it('groups by environment and label as planned, not as finished', () => {
    const results = resultsOf(
      syntheticRecords([
        cartPole,
        { ...cartPole, environment: 'Acrobot-v1', scores: [4] },
        { ...cartPole, label: 'dqn-zoo', scores: [5] },
      ]),
    );
    const groups = groupRuns([{ ...results, records: results.records.toReversed() }]);
    expect(groups.map((group) => [group.environment, group.label, finalScores(group)])).toEqual([
      ['CartPole-v1', 'ppo-zoo', [1, 2, 3]],
      ['CartPole-v1', 'dqn-zoo', [5]],
      ['Acrobot-v1', 'ppo-zoo', [4]],
    ]);
  });

  it('keeps runs of earlier commands unless the suite has changed them', () => {
    const planned = resultsOf(syntheticRecords([cartPole]));
    const added = syntheticRecords([{ ...cartPole, environment: 'Acrobot-v1' }]);
    const outdated = renamed(syntheticRecords([{ ...cartPole, scores: [7], steps: 500 }]), '-old');
    const groups = groupRuns([{ ...planned, records: [...outdated, ...planned.records, ...added] }]);
    expect(groups.map((group) => [group.environment, finalScores(group)])).toEqual([
      ['CartPole-v1', [1, 2, 3]],
      ['Acrobot-v1', [1, 2, 3]],
    ]);
  });

  it('has no seed twice where what does not change the task has changed, such as episodes', () => {
    const planned = resultsOf(syntheticRecords([cartPole]));
    const [first, , third] = planned.records;
    const [, , thirdOld] = renamed(syntheticRecords([{ ...cartPole, scores: [7, 8, 9] }]), '-old');
    const [, , thirdOlder] = renamed(syntheticRecords([{ ...cartPole, scores: [4, 5, 6] }]), '-older');
    const scoresOf = (runs: readonly RunRecord[], records: readonly RunRecord[]): number[] =>
      finalScores(
        groupRuns([
          { ...planned, description: { ...planned.description, runs: runs.map(({ run }) => run) }, records },
        ])[0],
      );
    expect(scoresOf([first, third], [third, first, thirdOld])).toEqual([1, 3]);
    // Asked for now, but not finished yet.
    expect(scoresOf([first, third], [first, thirdOld])).toEqual([1]);
    // No longer asked for: the one that finished last.
    expect(scoresOf([first], [thirdOlder, thirdOld, first])).toEqual([1, 9]);
  });

  it('takes runs of several folders together, options in any order', () => {
    const first = resultsOf(syntheticRecords([{ ...cartPole, options: { gamma: 0.9, tau: 1 } }]));
    const second = resultsOf(renamed(syntheticRecords([{ ...cartPole, options: { tau: 1, gamma: 0.9 } }]), '-2'));
    expect(groupRuns([first, second])[0].runs).toHaveLength(6);
  });

  it('refuses what has no meaning together', () => {
    const records = syntheticRecords([cartPole]);
    const other = renamed(syntheticRecords([{ ...cartPole, options: { gamma: 0.9 } }]), '-2');
    expect(() => groupRuns([resultsOf(records), resultsOf(other)])).toThrow(
      'runs of ppo-zoo in CartPole-v1 differ in more than their seeds (ppo-zoo/CartPole-v1/0, ppo-zoo/CartPole-v1/0-2)',
    );
    expect(() => groupRuns([resultsOf(records), resultsOf(records)])).toThrow('is there twice');
    expect(() => groupRuns([resultsOf([])])).toThrow('runs/synthetic: no run has finished yet');
  });
});

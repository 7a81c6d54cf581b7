import { describe, expect, it } from 'vitest';
import { finalScores, finishedOnly, groupRuns, lostText } from '../../src/results/run-groups.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { resultsOf, syntheticRecords, type SyntheticGroup } from '../synthetic-results.ts';

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
    const [score, lost] = scoresOf([first, third], [first, thirdOld]);
    expect([score, Math.sign(lost)]).toEqual([1, -1]);
    // No longer asked for: the one that finished last.
    expect(scoresOf([first], [thirdOlder, thirdOld, first])).toEqual([1, 9]);
  });

  it('knows which runs failed and which are missing, and counts both as the lowest return on record', () => {
    const records = syntheticRecords([{ ...cartPole, scores: [100, 200, 300, 400, 500], start: -100 }]);
    const results = resultsOf(records);
    const origin = { finished: '', gradus: '', node: '' };
    const [group] = groupRuns([
      { ...results, records: records.slice(2), failures: [{ run: records[0].run, error: 'diverged', origin }] },
    ]);
    expect(group.lost).toEqual([{ run: records[0].run, error: 'diverged' }, { run: records[1].run }]);
    // Lower than 22.2, what random actions get.
    const lowest = Math.min(...records.slice(2).flatMap(({ curve }) => curve.map(({ mean_return }) => mean_return)));
    expect(lowest).toBeLessThan(22.2);
    expect(finalScores(group)).toEqual([300, 400, 500, lowest, lowest]);
    expect(lostText(group)).toBe(
      '2 of 5 runs of ppo-zoo in CartPole-v1 failed or are missing (1 failed: diverged; 1 missing)',
    );
    expect(finishedOnly([group]).map(finalScores)).toEqual([[300, 400, 500]]);
    // Finished or asked for in another folder as well.
    const other = { ...results, folder: 'other', records: records.slice(0, 1), failures: [] };
    const [both] = groupRuns([{ ...results, records: records.slice(2) }, other]);
    expect(both.lost).toEqual([{ run: records[1].run }]);
  });

  it('knows a group of which nothing is finished', () => {
    const records = syntheticRecords([cartPole, { ...cartPole, environment: 'Mine-v0' }]);
    const groups = groupRuns([{ ...resultsOf(records), records: records.slice(0, 3) }]);
    expect(groups.map(({ runs, lost, lostScore }) => [runs.length, lost.length, lostScore === undefined])).toEqual([
      [3, 0, false],
      [0, 3, true],
    ]);
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
      `runs of ppo-zoo in CartPole-v1 differ in more than their seeds (${records[0].run.id}, ${other[0].run.id})`,
    );
    expect(() => groupRuns([resultsOf(records), resultsOf(records)])).toThrow('is there twice');
    expect(() => groupRuns([resultsOf([])])).toThrow('runs/synthetic: no run has finished yet');
  });
});

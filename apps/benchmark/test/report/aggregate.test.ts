import { describe, expect, it } from 'vitest';
import { aggregateGroups, improvements } from '../../src/report/aggregate.ts';
import { groupRuns, type RunGroup } from '../../src/results/run-groups.ts';
import { resultsOf, syntheticRecords } from '../synthetic-results.ts';

/** Label, environment, scores. */
function groupsOf(...groups: readonly (readonly [string, string, readonly number[]])[]): RunGroup[] {
  const records = syntheticRecords(groups.map(([label, environment, scores]) => ({ label, environment, scores })));
  return groupRuns([resultsOf(records)]);
}

// Scales: CartPole-v1 from 22.2 to 500, MountainCar-v0 from −200 to −100.8.
const half = -150.4;
const groups = groupsOf(
  ['ppo-zoo', 'CartPole-v1', [500, 500]],
  ['dqn-zoo', 'CartPole-v1', [22.2, 500]],
  ['ppo-zoo', 'MountainCar-v0', [-200, half]],
  ['dqn-zoo', 'MountainCar-v0', [half, half]],
);

describe('aggregateGroups', () => {
  it('normalises scores and aggregates them over environments', () => {
    const { environments, leftOut, rows } = aggregateGroups(groups)!;
    expect(environments).toEqual(['CartPole-v1', 'MountainCar-v0']);
    expect(leftOut).toEqual([]);
    const [ppo, dqn] = rows;
    expect([ppo.label, dqn.label]).toEqual(['ppo-zoo', 'dqn-zoo']);
    // Normalised: PPO 1, 1, 0, ½; DQN 0, 1, ½, ½. The middle halves are 1, ½ and ½, ½.
    expect(ppo.iqm.value).toBeCloseTo(0.75, 12);
    expect(dqn.iqm.value).toBeCloseTo(0.5, 12);
    // 1 − (1 + ¼) / 2 and 1 − (½ + ½) / 2
    expect(ppo.optimalityGap.value).toBeCloseTo(0.375, 12);
    expect(dqn.optimalityGap.value).toBeCloseTo(0.5, 12);
    // Above 0.6: of PPO's runs 2 of 2 and 0 of 2, of DQN's 1 of 2 and 0 of 2.
    expect(ppo.profile[30].value).toBe(0.5);
    expect(dqn.profile[30].value).toBe(0.25);
    for (const { iqm } of rows) expect(iqm.low).toBeLessThanOrEqual(iqm.value);
  });

  it('takes the environments that all have, and says what it leaves out', () => {
    const more = groupsOf(
      ...groups.map(({ label, environment, runs }): [string, string, number[]] => {
        return [label, environment, runs.map(({ mean_return }) => mean_return)];
      }),
      ['ppo-zoo', 'Pendulum-v1', [-200]],
      ['sac-zoo', 'Pendulum-v1', [-150]],
      ['ppo-zoo', 'Mine-v0', [1]],
    );
    const { environments, leftOut, rows } = aggregateGroups(more)!;
    expect(environments).toEqual(['CartPole-v1', 'MountainCar-v0']);
    expect(rows.map(({ label }) => label)).toEqual(['ppo-zoo', 'dqn-zoo']);
    expect(leftOut).toEqual([
      'Pendulum-v1 (not run by all)',
      'Mine-v0 (no scale)',
      'sac-zoo (fewer than two environments)',
    ]);
  });

  it('is nothing over a single environment', () => {
    expect(aggregateGroups(groupsOf(['ppo-zoo', 'CartPole-v1', [1]], ['dqn-zoo', 'CartPole-v1', [2]]))).toBeUndefined();
    expect(aggregateGroups(groupsOf(['ppo-zoo', 'CartPole-v1', [1]], ['dqn-zoo', 'Acrobot-v1', [2]]))).toBeUndefined();
  });
});

describe('improvements', () => {
  it('have exact p-values of both sides, corrected for the number of pairs', () => {
    const pairs = improvements(
      groupsOf(
        ['a', 'CartPole-v1', [6, 7, 8, 9, 10]],
        ['b', 'CartPole-v1', [1, 2, 3, 4, 5]],
        ['c', 'CartPole-v1', [1.5, 2.5, 3.5, 4.5, 5.5]],
      ),
    );
    const pValues = Object.fromEntries(pairs.map(({ x, y, pValue }) => [`${x} ${y}`, pValue]));
    // Complete separation is one of C(10, 5) = 252 arrangements on each side; the smallest of three counts three times, both alike.
    expect(pValues['a b']).toBeCloseTo((3 * 2) / 252, 12);
    expect(pValues['a c']).toBeCloseTo((3 * 2) / 252, 12);
    expect(pValues['b c']).toBeGreaterThan(0.5);
  });

  it('compares each pair over the environments that both have', () => {
    const [pair, ...others] = improvements(groups);
    expect(others).toEqual([]);
    // CartPole: 500 > 22.2 twice, 500 = 500 twice, so ¾; MountainCar: one of two equals, so ¼.
    expect(pair).toMatchObject({
      x: 'ppo-zoo',
      y: 'dqn-zoo',
      value: 0.5,
      environments: ['CartPole-v1', 'MountainCar-v0'],
    });
    expect(improvements(groupsOf(['ppo-zoo', 'CartPole-v1', [1]], ['sac-zoo', 'Pendulum-v1', [1]]))).toEqual([]);
  });
});

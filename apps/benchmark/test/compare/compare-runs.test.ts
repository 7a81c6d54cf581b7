import { Random } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/compare/compare-runs.ts';
import { groupRuns, type RunGroup } from '../../src/results/run-groups.ts';
import { resultsOf, syntheticRecords, type SyntheticGroup } from '../synthetic-results.ts';

const environments = ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0'];

function groupsOf(groups: readonly SyntheticGroup[]): RunGroup[] {
  return groupRuns([resultsOf(syntheticRecords(groups))]);
}

/** PPO with these scores in as many environments. */
function ppo(...scores: readonly (readonly number[])[]): RunGroup[] {
  return groupsOf(scores.map((own, i) => ({ label: 'ppo-zoo', environment: environments[i], scores: own })));
}

describe('compareRuns', () => {
  it('finds a regression in one task of three', () => {
    const a = ppo([1, 2, 3, 4, 5], [1, 3, 5, 7, 9], [2, 4, 6, 8, 10]);
    const b = ppo([6, 7, 8, 9, 10], [2, 4, 6, 8, 10], [1, 3, 5, 7, 9]);
    const { tasks, overall, regression } = compareRuns(a, b);
    expect(regression).toBe(true);
    expect(tasks.map((task) => task.regression)).toEqual([true, false, false]);
    expect(tasks[0]).toMatchObject({ runs_a: 5, runs_b: 5, mean_a: 3, mean_b: 8, probability_of_improvement: 0 });
    // Complete separation of 5 and 5.
    expect(tasks[0].p_value).toBeCloseTo(1 / 252, 12);
    // Of 25 pairs A wins 0 + 1 + 2 + 3 + 4 in the second task, and 1 + 2 + 3 + 4 + 5 in the third.
    expect(tasks[1].probability_of_improvement).toBeCloseTo(10 / 25, 12);
    expect(tasks[2].probability_of_improvement).toBeCloseTo(15 / 25, 12);
    expect(overall.probability_of_improvement).toBeCloseTo(1 / 3, 12);
    expect(overall.low).toBeLessThan(1 / 3);
    expect(overall.high).toBeGreaterThan(1 / 3);
  });

  it('finds none between equal results', () => {
    const same = ppo([1, 2, 3, 4, 5], [500, 500, 500, 500, 500], [7, 8, 9, 10, 11]);
    const { overall, regression } = compareRuns(same, same);
    expect(regression).toBe(false);
    expect(overall.probability_of_improvement).toBe(0.5);
  });

  it('finds none in an improvement', () => {
    const { overall, regression } = compareRuns(ppo([6, 7, 8, 9, 10]), ppo([1, 2, 3, 4, 5]));
    expect(regression).toBe(false);
    expect(overall).toMatchObject({ probability_of_improvement: 1, low: 1, high: 1 });
    expect(overall.p_value).toBeCloseTo(1, 12);
  });

  it('finds a regression over all tasks that no single one shows', () => {
    // p = 1/20 in each of three tasks, more than 0.05/3; taken together 1/8000.
    const a = ppo([1, 2, 3], [1, 2, 3], [1, 2, 3]);
    const b = ppo([4, 5, 6], [4, 5, 6], [4, 5, 6]);
    const { tasks, overall } = compareRuns(a, b);
    expect(overall.regression).toBe(true);
    expect(overall.p_value).toBeCloseTo(1 / 8000, 12);
    // Holm's procedure then holds 0.05 against 0.05/3.
    expect(tasks.map((task) => task.regression)).toEqual([false, false, false]);
    expect(tasks.map((task) => task.decidable)).toEqual([false, false, false]);
  });

  it('knows when there are too few runs', () => {
    expect(compareRuns(ppo([1, 2]), ppo([3, 4, 5])).tasks[0].decidable).toBe(false);
    expect(compareRuns(ppo([1, 2, 3]), ppo([4, 5, 6])).tasks[0].decidable).toBe(true);
    expect(
      compareRuns(ppo([1, 2, 3, 4], [1, 2]), ppo([4, 5, 6, 7], [1, 2])).tasks.map((task) => task.decidable),
    ).toEqual([true, false]);
  });

  it('says what it leaves out, and what differs besides the code', () => {
    const a = groupsOf([
      { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2], steps: 1000 },
      { label: 'dqn-zoo', environment: 'CartPole-v1', scores: [1, 2] },
    ]);
    const b = groupsOf([
      { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2], steps: 2000 },
      { label: 'ppo-zoo', environment: 'Acrobot-v1', scores: [1, 2] },
    ]);
    expect(compareRuns(a, b).remarks).toEqual([
      'dqn-zoo in CartPole-v1 is only in A and is left out',
      'ppo-zoo in Acrobot-v1 is only in B and is left out',
      'ppo-zoo in CartPole-v1 was trained for 1000 steps in A, for 2000 in B',
    ]);
    expect(() => compareRuns(a.slice(1), b)).toThrow('no algorithm and environment in common');
  });

  it('counts runs that failed or are missing as the worst, on either side', () => {
    const whole = ppo([100, 110, 120, 130, 140, 150]);
    // Without its three worst runs.
    const [{ runs, ...rest }] = whole;
    const lost = runs.slice(0, 3).map(({ run }) => ({ run }));
    const without = [{ ...rest, runs: runs.slice(3), lost }];
    const { tasks, lost: count, remarks } = compareRuns(without, whole);
    expect(count).toBe(3);
    expect(tasks[0]).toMatchObject({ runs_a: 6, lost_a: 3, runs_b: 6, lost_b: 0 });
    // 3 lose to all six; the other three as in a comparison of equals: above 3, 4, 5 of six, and equal to one.
    expect(tasks[0].probability_of_improvement).toBeCloseTo((3.5 + 4.5 + 5.5) / 36, 12);
    expect(remarks).toEqual(['A: 3 of 6 runs of ppo-zoo in CartPole-v1 failed or are missing (3 missing)']);
    const reversed = compareRuns(whole, without);
    expect(reversed.lost).toBe(0);
    expect(reversed.tasks[0].probability_of_improvement).toBeCloseTo(1 - (3.5 + 4.5 + 5.5) / 36, 12);
    expect(reversed.tasks[0].lost_score).toBe(tasks[0].lost_score);
    expect(reversed.remarks[0]).toMatch(/^B: 3 of 6 runs/);
  });

  it('counts as the worst also what is lost in an environment that only the other knows', () => {
    const b = groupsOf([
      { label: 'ppo-zoo', environment: 'Mine-v0', scores: [5, 6, 7, 8, 9] },
      { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2, 3, 4, 5] },
    ]);
    const a = b.map((group) =>
      group.environment === 'Mine-v0'
        ? { ...group, runs: [], lost: group.runs.map(({ run }) => ({ run, error: 'diverged' })), lostScore: undefined }
        : group,
    );
    const { tasks, regression } = compareRuns(a, b);
    expect(tasks.map((task) => [task.environment, task.regression])).toEqual([
      ['Mine-v0', true],
      ['CartPole-v1', false],
    ]);
    expect(regression).toBe(true);
    // Known to neither.
    expect(compareRuns(a, a).tasks.map(({ environment }) => environment)).toEqual(['CartPole-v1']);
  });

  it('raises a false alarm in at most 5 % of comparisons of equally good algorithms', () => {
    const random = new Random(11);
    const comparisons = 400;
    // Scores out of ten, so that there are many ties.
    const draw = () => Array.from({ length: 5 }, () => random.integer(10));
    let alarms = 0;
    for (let i = 0; i < comparisons; i++) {
      if (compareRuns(ppo(draw(), draw(), draw()), ppo(draw(), draw(), draw())).regression) alarms++;
    }
    // Three standard errors of a rate of 5 %.
    expect(alarms / comparisons).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / comparisons));
  });
});

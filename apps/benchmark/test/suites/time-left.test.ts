import { Random } from '@gradus/core';
import { expect, it } from 'vitest';
import { TimeLeft, leftText, neverClimbing } from '../../src/suites/time-left.ts';
import { shortDqnRun, shortRun } from '../planned-runs.ts';

it('estimates by the pace of runs of the same kind, else by the time of an average run', () => {
  const [ppo0, ppo1] = [0, 1].map((seed) => shortRun({ seed, steps: 1000 }));
  const [dqn0, dqn1] = [0, 1].map((seed) => shortDqnRun({ seed, steps: 500 }));
  const timeLeft = new TimeLeft([ppo0, ppo1, dqn0, dqn1]);
  expect(timeLeft.estimate()).toBeUndefined();

  // 100 steps a second: 8 s of this one, 10 s of the next, and of either DQN, of which nothing is known, as well.
  timeLeft.advance(ppo0, 0, 10);
  timeLeft.advance(ppo0, 200, 12);
  expect(timeLeft.estimate()).toBeCloseTo(8 + 10 + 10 + 10);

  // 10 steps a second: 45 s and 50 s of DQN; two threads are at work.
  timeLeft.advance(dqn0, 0, 10);
  timeLeft.advance(dqn0, 50, 15);
  expect(timeLeft.estimate()).toBeCloseTo((8 + 10 + 45 + 50) / 2);

  // PPO turns out at 1000 steps in 20 s; the thread that is idle will have a run again.
  timeLeft.end(ppo0, 30);
  expect(timeLeft.estimate()).toBeCloseTo((20 + 45 + 50) / 2);

  // One that goes on from step 600 has had no seconds yet.
  timeLeft.advance(ppo1, 600, 40);
  expect(timeLeft.estimate()).toBeCloseTo((8 + 45 + 50) / 2);
  for (const run of [ppo1, dqn0, dqn1]) timeLeft.end(run, 50);
  expect(timeLeft.estimate()).toBe(0);
});

/** Runs of kinds with a pace of their own, on so many threads: what each moment of a simulated clock says, and what was left indeed. */
function simulate(
  seed: number,
): { shown: number; isMore: boolean; estimate: number; isKnown: boolean; left: number }[] {
  const random = new Random(seed);
  const kinds = Array.from({ length: 1 + random.integer(4) }, (_, kind) => {
    return { label: `kind-${kind}`, steps: 100 * (1 + random.integer(20)), pace: 10 ** (3 * random.uniform(0, 1)) };
  });
  const seeds = Array.from({ length: 1 + random.integer(5) }, (_, each) => each);
  const runs = seeds.flatMap((each) =>
    kinds.map(({ label, steps, pace }) => ({ run: shortRun({ label, seed: each, steps }), pace })),
  );
  const threads = 1 + random.integer(4);
  // A thread takes the next run when it is free.
  const free = new Array<number>(threads).fill(0);
  const spans = runs.map(({ run, pace }) => {
    const thread = free.indexOf(Math.min(...free));
    const from = free[thread];
    free[thread] += run.steps / pace;
    return { run, pace, from, to: free[thread] };
  });
  const end = Math.max(...free);
  const timeLeft = new TimeLeft(runs.map(({ run }) => run));
  const over = new Set<string>();
  const seen = new Set<string>();
  return Array.from({ length: 200 }, (_, i) => (i * end) / 199).flatMap((now) => {
    for (const { run, pace, from, to } of spans) {
      if (from > now || over.has(run.id)) continue;
      if (!seen.has(run.id)) timeLeft.advance(run, 0, from);
      seen.add(run.id);
      if (to <= now) {
        timeLeft.end(run, to);
        over.add(run.id);
      } else timeLeft.advance(run, (now - from) * pace, now);
    }
    const shown = timeLeft.shown();
    if (shown === undefined) return [];
    const isKnown = kinds.every(({ label }) => spans.some(({ run, from }) => run.label === label && from < now));
    const estimate = timeLeft.estimate() ?? NaN;
    return [{ shown: shown.seconds, isMore: shown.isMore, estimate, isKnown, left: end - now }];
  });
}

it.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'what is shown never climbs, and is never far off unsaid (%d)',
  (seed) => {
    const moments = simulate(seed);
    for (const [i, { shown, isMore, estimate, isKnown, left }] of moments.entries()) {
      if (i > 0) expect(shown).toBeLessThanOrEqual(moments[i - 1].shown);
      expect(isMore).toBe(estimate > 1.2 * shown + 1);
      // With every pace known, what is left is at least as much, and at most twice that (Graham, 1966), once all threads have been at work.
      if (isKnown && i > 0) expect(estimate).toBeGreaterThan(left / 2 - 1e-6);
    }
    expect(moments.at(-1)?.estimate).toBeCloseTo(0, 6);
  },
);

it('is shown as minutes and hours, as the least so far, and as more where that is too little', () => {
  const show = neverClimbing();
  const texts = [3722.1, 187, 190, 300, 60.2].map((seconds) => leftText(show(seconds)));
  expect(texts).toEqual(['1:02:03 left', '3:07 left', '3:07 left', 'more than 3:07 left', '1:01 left']);
});

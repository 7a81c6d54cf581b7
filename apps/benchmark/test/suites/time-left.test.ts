import { expect, it } from 'vitest';
import { TimeLeft } from '../../src/suites/time-left.ts';
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

  // PPO turns out at 1000 steps in 20 s; one thread is idle.
  timeLeft.end(ppo0, 30);
  expect(timeLeft.estimate()).toBeCloseTo(20 + 45 + 50);

  // One that goes on from step 600 has had no seconds yet.
  timeLeft.advance(ppo1, 600, 40);
  expect(timeLeft.estimate()).toBeCloseTo((8 + 45 + 50) / 2);
  for (const run of [ppo1, dqn0, dqn1]) timeLeft.end(run, 50);
  expect(timeLeft.estimate()).toBe(0);
});

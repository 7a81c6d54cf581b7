import { Box, type Env } from '@gradus/core';
import { listEnvs, makeEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { loadMujoco } from '@gradus/envs/mujoco';
import { afterAll, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

await loadMujoco();

const continuous = [
  ...listEnvs().filter((id) => makeEnv(id).actionSpace.kind === 'box'),
  // By an option.
  'LunarLander-v3',
];

/** What ten steps give, with actions thirty times too large that are cut off at the bounds by `seen`. */
function play(id: string, seen: (action: number, low: number, high: number) => number): ReturnType<Env['step']>[] {
  const env = makeEnv(id, id === 'LunarLander-v3' ? { continuous: true } : {});
  const { low, high, size } = env.actionSpace as Box;
  env.reset({ seed: 3 });
  return Array.from({ length: 10 }, (_, step) => {
    const beyond = Array.from({ length: size }, (_, i) => 30 * ((step + i) % 3 === 0 ? low[i] : high[i]));
    const { observation, ...rest } = env.step(beyond.map((action, i) => seen(action, low[i], high[i])));
    if (rest.terminated) env.reset();
    // Copies, since an environment may write into the same memory again.
    return { observation: Array.from(observation as Float32Array), ...rest };
  });
}

test('there are continuous environments of each engine', () => {
  expect(continuous).toEqual(
    expect.arrayContaining(['BipedalWalker-v3', 'Hopper-v5', 'MountainCarContinuous-v0', 'Pendulum-v1', 'Reacher-v5']),
  );
});

test.each(continuous)('%s takes an action beyond the bounds for the nearest one within', (id) => {
  const asked = play(id, (action) => action);
  const clipped = play(id, (action, low, high) => Math.min(Math.max(action, low), high));
  // As in Gymnasium, the force that was asked for is paid for, of which 0.1 F² is 89.9 more at 30 than at 1.
  const cost = id.startsWith('MountainCarContinuous') ? 89.9 : 0;
  expect(asked.map((result) => ({ ...result, reward: 0 }))).toEqual(
    clipped.map((result) => ({ ...result, reward: 0 })),
  );
  asked.forEach(({ reward }, i) => {
    expect(reward).toBeCloseTo(clipped[i].reward - cost, 9);
  });
});

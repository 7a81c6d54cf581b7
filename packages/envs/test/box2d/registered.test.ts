import { badCalls } from '@gradus/bad-calls';
import { checkEnv, makeEnv } from '@gradus/envs';
import * as box2d from '@gradus/envs/box2d';
import { afterAll, describe, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const ids = ['LunarLander-v3', 'LunarLanderContinuous-v3', 'BipedalWalker-v3', 'BipedalWalkerHardcore-v3'];

describe.each(ids)('%s', (id) => {
  test('keeps the contract', () => {
    checkEnv(makeEnv(id, id.startsWith('Lunar') ? { maxEpisodeSteps: 300 } : {}), { steps: 1500, seed: 7 });
  });

  test('plays the same whatever was played in this process before', () => {
    const play = (): unknown[] => {
      const env = makeEnv(id);
      const { observation } = env.reset({ seed: 11 });
      const action = id === 'LunarLander-v3' ? 2 : new Float32Array(env.actionSpace.size).fill(0.6);
      return [observation, ...Array.from({ length: 30 }, () => env.step(action))];
    };
    expect(play()).toEqual(play());
  });

  test('is drawn, and leaves the context as it was', () => {
    const env = makeEnv(id);
    env.reset({ seed: 1 });
    let depth = 0;
    let shapes = 0;
    const calls: Record<string, () => void> = {
      save: () => depth++,
      restore: () => depth--,
      fill: () => shapes++,
      stroke: () => shapes++,
    };
    env.render?.(
      new Proxy({}, { get: (_, name) => calls[String(name)] ?? (() => undefined), set: () => true }) as never,
    );
    expect(depth).toBe(0);
    expect(shapes).toBeGreaterThan(5);
  });
});

test('bad arguments are refused in words', async () => {
  const examples = {
    lunarLander: () => [
      { continuous: true, gravity: -10, enableWind: true, windPower: 15, turbulencePower: 1.5, maxEpisodeSteps: 10 },
    ],
    bipedalWalker: () => [{ hardcore: false, maxEpisodeSteps: 10 }],
    'lunarLander.reset': () => [{ seed: 1 }],
    'bipedalWalker.reset': () => [{ seed: 1 }],
  };
  const { failures } = await badCalls(box2d, examples, {
    sources: `${import.meta.dirname}/../../src/box2d`,
    internal: [/\.(render|step)$/],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

import { NumpyRandom, Random, vectorize, type Env, type StateDict } from '@gradus/core';
import { badCalls } from '@gradus/bad-calls';
import { checkEnv, envDefaults, makeEnv } from '@gradus/envs';
import * as mujoco from '@gradus/envs/mujoco';
import { loadMujoco, mujocoIds } from '@gradus/envs/mujoco';
import { afterAll, describe, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const envs = await loadMujoco();

type Made = ReturnType<typeof envs.ant>;

function numbers(observation: unknown): number[] {
  return Array.from(observation as Float32Array);
}

/** Positions and velocities, of which the state has time in front. */
function physicsOf(env: Made, nq: number, nv: number): { positions: number[]; velocities: number[] } {
  const { physics } = env.getState() as { physics: Float64Array } & StateDict;
  return { positions: [...physics.subarray(1, 1 + nq)], velocities: [...physics.subarray(1 + nq, 1 + nq + nv)] };
}

describe.each(mujocoIds)('%s', (id) => {
  test('keeps the contract', () => {
    checkEnv(makeEnv(id), { steps: 300, seed: 5 });
  });

  test('has the sizes of Gymnasium', () => {
    const sizes: Readonly<Record<string, readonly [number, number]>> = {
      'HalfCheetah-v5': [17, 6],
      'Hopper-v5': [11, 3],
      'Walker2d-v5': [17, 6],
      'Swimmer-v5': [8, 2],
      'InvertedPendulum-v5': [4, 1],
      'InvertedDoublePendulum-v5': [9, 1],
      'Reacher-v5': [10, 2],
      'Ant-v5': [105, 8],
    };
    const { observationSpace, actionSpace, maxEpisodeSteps } = makeEnv(id);
    expect([observationSpace.size, actionSpace.size]).toEqual(sizes[id]);
    expect(maxEpisodeSteps).toBe(id === 'Reacher-v5' ? 50 : 1000);
  });

  test('goes on to the same bits from a state, in another simulation', () => {
    const env = makeEnv(id);
    const random = new Random(1);
    env.reset({ seed: 3 });
    const play = (other: Env): unknown[] => {
      const draws = new Random(2);
      return Array.from({ length: 10 }, () => {
        const result = other.step(other.actionSpace.sample(draws));
        return result.terminated ? [result, other.reset()] : result;
      });
    };
    for (let i = 0; i < 4; i++) {
      if (env.step(env.actionSpace.sample(random)).terminated) env.reset();
    }
    const state = env.getState!();
    const expected = play(env);
    const other = makeEnv(id);
    other.setState?.(state);
    expect(play(other)).toEqual(expected);
  });

  test('is drawn', () => {
    const env = makeEnv(id);
    env.reset({ seed: 1 });
    let shapes = 0;
    const count = (): void => {
      shapes++;
    };
    const context = { fill: count, stroke: count };
    env.render?.(
      new Proxy(context, {
        get: (target, name) => target[name as 'fill'] ?? (() => undefined),
        set: () => true,
      }) as never,
    );
    expect(shapes).toBeGreaterThan(3);
  });
});

describe('first states are drawn in Gymnasium’s order', () => {
  test('cheetah: uniform positions, then normal velocities', () => {
    const random = new NumpyRandom(9);
    const positions = Array.from({ length: 9 }, () => random.uniform(-0.1, 0.1));
    const velocities = Array.from({ length: 9 }, () => 0.1 * random.normal());
    const env = envs.halfCheetah();
    const { observation } = env.reset({ seed: 9 });
    expect(numbers(observation)).toEqual([...positions.slice(1), ...velocities].map(Math.fround));
  });

  test('hopper: all uniform, around a height of 1.25', () => {
    const random = new NumpyRandom(9);
    const draws = Array.from({ length: 12 }, () => random.uniform(-5e-3, 5e-3));
    const { observation } = envs.hopper().reset({ seed: 9 });
    expect(numbers(observation)).toEqual([1.25 + draws[1], ...draws.slice(2)].map(Math.fround));
  });

  test('reacher: a target within 0.2, at rest', () => {
    for (let seed = 0; seed < 30; seed++) {
      const env = envs.reacher();
      const observation = numbers(env.reset({ seed }).observation);
      expect(Math.hypot(observation[4], observation[5])).toBeLessThan(0.2);
      expect(physicsOf(env, 4, 4).velocities.slice(2)).toEqual([0, 0]);
    }
  });
});

describe('rewards', () => {
  test('cheetah: speed less a tenth of the squares of clipped controls', () => {
    const env = envs.halfCheetah();
    env.reset({ seed: 1 });
    const before = physicsOf(env, 9, 9).positions[0];
    const { reward } = env.step([2, 0.5, 0, 0, -0.5, -3]);
    const after = physicsOf(env, 9, 9).positions[0];
    expect(reward).toBeCloseTo((after - before) / 0.05 - 0.1 * (1 + 0.25 + 0.25 + 1), 10);
  });

  test('hopper: and 1 while it stands; a fall ends the episode and pays nothing for standing', () => {
    const env = envs.hopper();
    env.reset({ seed: 1 });
    for (;;) {
      const before = physicsOf(env, 6, 6).positions[0];
      const { reward, terminated, observation } = env.step([1, 1, 1]);
      const after = physicsOf(env, 6, 6).positions[0];
      const [height, angle] = numbers(observation);
      const stands = height > 0.7 && Math.abs(angle) < 0.2;
      expect(reward).toBeCloseTo((after - before) / 0.008 + (stands ? 1 : 0) - 0.003, 9);
      expect(terminated).toBe(!stands);
      if (terminated) break;
    }
    expect(() => env.step([0, 0, 0])).toThrow('expected a call of reset first');
    const endless = envs.hopper({ terminateWhenUnhealthy: false });
    endless.reset({ seed: 1 });
    for (let i = 0; i < 200; i++) expect(endless.step([1, 1, 1]).terminated).toBe(false);
  });

  test('inverted pendulum: 1 until it leans by more than 0.2', () => {
    const env = envs.invertedPendulum();
    env.reset({ seed: 1 });
    let result = env.step([3]);
    for (; !result.terminated; result = env.step([3])) expect(result.reward).toBe(1);
    expect(result.reward).toBe(0);
    expect(Math.abs(numbers(result.observation)[1])).toBeGreaterThan(0.2);
  });

  test('inverted double pendulum: at rest near upright, almost 10', () => {
    const env = envs.invertedDoublePendulum({ resetNoiseScale: 0 });
    env.reset({ seed: 1 });
    const { reward } = env.step([0]);
    // The tip of two poles of 0.6 m is 1.2 m high.
    expect(reward).toBeCloseTo(10 - 0.8 ** 2, 4);
  });

  test('ant: the costs of controls and contacts', () => {
    const step = (options: object): number => {
      const env = envs.ant(options);
      env.reset({ seed: 4 });
      for (let i = 0; i < 30; i++) env.step(new Float32Array(8).fill(0.5));
      return env.step(new Float32Array(8).fill(0.5)).reward;
    };
    const all = step({});
    expect(step({ ctrlCostWeight: 0 }) - all).toBeCloseTo(0.5 * 8 * 0.25, 9);
    const contacts = (step({ contactCostWeight: 0 }) - all) / 5e-4;
    expect(contacts).toBeGreaterThan(0);
    expect(contacts).toBeLessThanOrEqual(78);
    expect(step({ healthyReward: 3 }) - all).toBeCloseTo(2, 9);
  });
});

test('200 live side by side in one process, and none disturbs another', () => {
  const one = makeEnv('Hopper-v5');
  const first = numbers(one.reset({ seed: 0 }).observation);
  const many = vectorize(() => makeEnv('Hopper-v5'), 200);
  many.reset({ seed: Array.from({ length: 200 }, (_, i) => i) });
  expect([...many.observations.subarray(0, 11)]).toEqual(first);
  many.step(new Float32Array(600).fill(0.3));
  const { observation } = one.step([0.3, 0.3, 0.3].map(Math.fround));
  expect([...many.observations.subarray(0, 11)]).toEqual(numbers(observation));
  many.close();
});

test('controls that are not finite, closed simulations and bad states are refused by name', () => {
  const env = envs.swimmer();
  env.reset({ seed: 1 });
  const state = env.getState();
  for (const action of [[NaN, 0], [0], [Infinity, 0]]) expect(() => env.step(action)).toThrow('action');
  expect(env.getState()).toEqual(state);
  expect(() => env.setState({ ...state, physics: new Float64Array(3) })).toThrow("state 'physics'");
  expect(() => env.setState({ ...state, position: NaN })).toThrow("state 'position'");
  for (const steps of [NaN, 2.5, 1000]) expect(() => env.setState({ ...state, steps })).toThrow("state 'steps'");
  const cheetah = envs.halfCheetah();
  cheetah.reset({ seed: 1 });
  expect(() => envs.walker2d().setState(cheetah.getState())).toThrow("state 'task': expected 'walker2d'");
  env.close?.();
  env.close?.();
  expect(() => env.reset()).toThrow('swimmer: the environment was closed');
});

test('a first state that MuJoCo would replace by another one is refused', () => {
  const env = envs.halfCheetah({ resetNoiseScale: 1e12 });
  expect(() => env.reset({ seed: 1 })).toThrow('halfCheetah: expected first positions and velocities of at most');
  expect(() => env.step(new Float32Array(6))).toThrow('expected a call of reset first');
});

test('a simulation that overflows is an error, also in its first step', () => {
  const env = envs.halfCheetah({ resetNoiseScale: 1e9 });
  env.reset({ seed: 1 });
  expect(() => env.step(new Float32Array(6))).toThrow('halfCheetah: the simulation has become unstable');
  expect(() => env.step(new Float32Array(6))).toThrow('expected a call of reset first');
});

test('a restored state is drawn where it is, at the pace of its steps', () => {
  const pathOf = (env: Env): number[] => {
    const path: number[] = [];
    const note = (x: number, y: number): void => {
      path.push(x, y);
    };
    const context = { moveTo: note, lineTo: note };
    env.render?.(
      new Proxy(context, {
        get: (target, name) => target[name as 'moveTo'] ?? (() => undefined),
        set: () => true,
      }) as never,
    );
    return path;
  };
  const env = envs.ant();
  env.reset({ seed: 1 });
  for (let i = 0; i < 20; i++) env.step(new Float32Array(8).fill(0.5));
  const other = envs.ant();
  other.setState(env.getState());
  // Shapes are where they were a hundredth of a second before, until they are placed again.
  const [path, restored] = [pathOf(env), pathOf(other)];
  expect(restored.length).toBe(path.length);
  restored.forEach((value, i) => expect(Math.abs(value - path[i])).toBeLessThan(8));
  expect(env.renderFormat?.framesPerSecond).toBe(20);
  expect(envs.hopper().renderFormat?.framesPerSecond).toBe(125);
  expect(() => envs.hopper().render?.({} as never)).toThrow('no episode was begun');
});

test('loading again gives the same environments, and the registry their defaults', async () => {
  expect(await loadMujoco()).toBe(envs);
  expect(envDefaults('Ant-v5')).toMatchObject({ ctrlCostWeight: 0.5, contactCostWeight: 5e-4 });
  expect(() => makeEnv('Hopper-v5', { ctrlCostWeight: -1 })).toThrow('hopper: expected ctrlCostWeight');
  expect(() => makeEnv('Swimmer-v5', { healthyReward: 1 })).toThrow('healthyReward');
});

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(
    mujoco,
    { loadMujoco: () => [] },
    { sources: `${import.meta.dirname}/../../src/mujoco`, internal: [/^loadMujoco\./] },
  );
  expect(failures.slice(0, 20)).toEqual([]);
});

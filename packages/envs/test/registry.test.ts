import { Box, Discrete, type Env } from '@gradus/core';
import {
  cartPole,
  checkEnv,
  envDefaults,
  listEnvs,
  makeEnv,
  makeVectorEnv,
  registerEnv,
  transitionTable,
  type EnvOptions,
} from '@gradus/envs';
import { afterAll, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

test('lists every environment by its id', () => {
  expect(listEnvs()).toEqual([
    'Acrobot-v1',
    'AliasedGrid-v0',
    'Bandit-v0',
    'BitFlip-v0',
    'Blackjack-v1',
    'CartPole-v1',
    'CartPoleNoVel-v1',
    'CliffWalking-v1',
    'CliffWalkingSlippery-v1',
    'ContextualBandit-v0',
    'FrozenLake-v1',
    'FrozenLake8x8-v1',
    'IdentityBox-v0',
    'IdentityDiscrete-v0',
    'IdentityMultiDiscrete-v0',
    'LectureGrid-v0',
    'MinAtar/Asterix-v0',
    'MinAtar/Asterix-v1',
    'MinAtar/Breakout-v0',
    'MinAtar/Breakout-v1',
    'MinAtar/Freeway-v0',
    'MinAtar/Freeway-v1',
    'MinAtar/Seaquest-v0',
    'MinAtar/Seaquest-v1',
    'MinAtar/SpaceInvaders-v0',
    'MinAtar/SpaceInvaders-v1',
    'MountainCar-v0',
    'MountainCarContinuous-v0',
    'MountainCarContinuousNoVel-v0',
    'Pendulum-v1',
    'PendulumNoVel-v1',
    'PlanarReacher-v0',
    'RandomWalk-v0',
    'RandomWalk1000-v0',
    'RandomWalk19-v0',
    'Taxi-v4',
  ]);
});

test.each([
  ['Acrobot-v1', 500],
  ['CartPole-v1', 500],
  ['Pendulum-v1', 200],
  ['IdentityBox-v0', 100],
])('%s is cut off after %i steps, or as many as asked for', (id, limit) => {
  const stepsUntilTruncated = (options: EnvOptions): number => {
    // The pole does not stay up, so only the last episode of a longer row may reach the limit.
    const env = makeVectorEnv(id, 1, options);
    env.reset({ seed: 1 });
    const action =
      id === 'CartPole-v1' ? balance : () => new (env.actionSpace.kind === 'box' ? Float32Array : Int32Array)(1);
    do env.step(action(env.observations));
    while (!env.truncated[0] && !env.terminated[0]);
    expect(env.terminated[0]).toBe(0);
    return env.episodeLengths[0];
  };
  expect(stepsUntilTruncated({})).toBe(limit);
  expect(stepsUntilTruncated({ maxEpisodeSteps: 7 })).toBe(7);
});

/** Pushes to where the pole falls and where the cart drifts: keeps it up for as long as asked. */
function balance([x, v, theta, omega]: Float32Array): Int32Array {
  return Int32Array.of(theta + 0.3 * omega + 0.02 * x + 0.05 * v > 0 ? 1 : 0);
}

test('unknown ids and options are answered with what was probably meant', () => {
  expect(() => makeEnv('CartPole-v0')).toThrow("unknown environment 'CartPole-v0'; did you mean CartPole-v1?");
  expect(() => makeEnv('Pong')).toThrow(
    new RangeError("unknown environment 'Pong'; listEnvs() names all, as does `gradus list`"),
  );
  // Atari's games, of which some are MinAtar's too.
  for (const id of ['ALE/Breakout-v5', 'BreakoutNoFrameskip-v4']) {
    expect(() => makeEnv(id)).toThrow(
      new RangeError(`unknown environment '${id}'; did you mean MinAtar/Breakout-v0 or MinAtar/Breakout-v1?`),
    );
  }
  expect(() => makeVectorEnv('CartPole-v1', 2, { maxEpisodeStep: 3 })).toThrow(
    "CartPole-v1: unknown option 'maxEpisodeStep'; did you mean 'maxEpisodeSteps'?",
  );
  expect(() => makeVectorEnv('CartPole-v1', 0)).toThrow('makeVectorEnv: expected n to be a positive integer, got 0');
});

test('a registered environment can be made by its id, alone or in numbers', () => {
  let made = 0;
  const create = ({ goal }: { goal: number }): Env<number[], number> => {
    made++;
    let position = 0;
    return {
      observationSpace: new Box(-100, 100, [1]),
      actionSpace: new Discrete(2),
      reset: () => ({ observation: [(position = 0)] }),
      step: (action) => {
        position += action === 1 ? 1 : -1;
        const reached = Math.abs(position) === goal;
        return { observation: [position], reward: reached ? 1 : 0, terminated: reached, truncated: false };
      },
    };
  };
  registerEnv({ id: 'Walk-v0', defaults: { goal: 5 }, create });
  checkEnv(makeEnv('Walk-v0'));
  const env = makeVectorEnv('Walk-v0', 3, { goal: 2 });
  expect(made).toBe(4);
  env.reset();
  env.step(Int32Array.of(1, 0, 1));
  env.step(Int32Array.of(1, 0, 0));
  expect(env.terminated).toEqual(Uint8Array.of(1, 1, 0));
  expect(() => registerEnv({ id: 'Walk-v0', create: () => cartPole() })).toThrow("the id 'Walk-v0' is taken");
});

test('an option that is undefined is the default of its id', () => {
  const table = transitionTable('RandomWalk19-v0', { numStates: undefined, leftReward: undefined });
  expect(table.numStates).toBe(21);
  expect(Math.min(...table.rewards)).toBe(-1);
  expect(makeEnv('FrozenLake8x8-v1', { mapName: undefined }).observationSpace).toEqual(new Discrete(64));
});

test('tells what may be asked for', () => {
  expect(envDefaults('RandomWalk19-v0')).toEqual({
    numStates: 19,
    maxJump: 1,
    leftReward: -1,
    rightReward: 1,
    maxEpisodeSteps: Infinity,
  });
  expect(() => envDefaults('RandomWalk20-v0')).toThrow(RangeError);
});

test('an id of a sub-entry that was not loaded is told how to be', async () => {
  // A registry to which no other test has added anything.
  vi.resetModules();
  const { makeEnv } = await import('@gradus/envs');
  expect(() => makeEnv('LunarLander-v3')).toThrow(
    "unknown environment 'LunarLander-v3'; import '@gradus/envs/box2d' registers it",
  );
  expect(() => makeEnv('Ant-v5')).toThrow("`await loadMujoco()` of '@gradus/envs/mujoco' registers it");
});

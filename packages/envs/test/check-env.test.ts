import { Box, Dict, Discrete, EnvError, type Env, type GoalRules, type StateDict, type Stateful } from '@gradus/core';
import { checkEnv, listEnvs, makeEnv } from '@gradus/envs';
import { describe, expect, test, vi } from 'vitest';

// An observation of MinAtar has hundreds of numbers, every one of which is looked at; goals are judged at every step.
const takeLong = listEnvs().filter((id) => id.startsWith('MinAtar/') || makeEnv(id).goalRules !== undefined);

test.each(listEnvs().filter((id) => !takeLong.includes(id)))('%s passes in a million steps', (id) => {
  checkEnv(makeEnv(id), { steps: 1_000_000 });
});

test.each(takeLong)('%s passes in a hundred thousand steps', (id) => {
  checkEnv(makeEnv(id), { steps: 100_000 });
});

/** A walk between −5 and 5 that keeps the contract; tests break it in one place each. */
function walk(): Env<number[], number> & Stateful {
  let position = 0;
  let steps = 0;
  return {
    observationSpace: new Box(-5, 5, [1]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: [(position = steps = 0)] }),
    step: (action) => {
      position += action === 1 ? 1 : -1;
      steps++;
      const terminated = Math.abs(position) === 5;
      return { observation: [position], reward: 1, terminated, truncated: steps === 20 };
    },
    close: () => undefined,
    getState: () => ({ position, steps }),
    setState: (state: StateDict) => ({ position, steps } = state as { position: number; steps: number }),
  };
}

test('an environment that keeps the contract passes', () => {
  checkEnv(walk());
});

test('what it costs to have no getState and setState is told, once, and nothing where they are there', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  checkEnv(walk());
  expect(warn).not.toHaveBeenCalled();
  checkEnv(Object.assign(walk(), { getState: undefined, setState: undefined }));
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0][0]).toMatch(
    /^checkEnv: the environment has no getState and setState, .* goes on with new episodes/,
  );
  warn.mockRestore();
});

test('actions that a mask advises against are tried as well', () => {
  const tried = new Set<number>();
  const env = walk();
  const step = env.step.bind(env);
  checkEnv({
    ...env,
    step(action: number) {
      tried.add(action);
      return step(action);
    },
    actionMask: () => Uint8Array.of(0, 1),
  });
  expect(tried).toEqual(new Set([0, 1]));
});

test('options out of range are refused, as no step would check nothing', () => {
  for (const steps of [0, -1, NaN, 1.5]) {
    expect(() => checkEnv(makeEnv('CartPole-v1'), { steps })).toThrow(
      'checkEnv: expected steps to be a positive integer',
    );
  }
});

describe('breaches are named', () => {
  const base = walk();
  const stepWith = (change: object): object => ({ step: (action: number) => ({ ...base.step(action), ...change }) });
  let clock = 0;
  const continuousMask = { actionSpace: new Box(-1, 1, [1]), actionMask: () => Uint8Array.of(1) };

  const position = new Box(-5, 5, [1]);
  const observed = { achievedGoal: [0], desiredGoal: [5] };
  const withGoals = (goalRules: Partial<GoalRules>): object => ({
    observationSpace: new Dict({ achievedGoal: position, desiredGoal: position }),
    reset: () => ({ observation: observed }),
    step: () => ({ observation: observed, reward: -1, terminated: false, truncated: false }),
    getState: () => ({}),
    setState: () => undefined,
    goalRules: {
      computeRewards: (_: Float32Array, __: Float32Array, rewards: Float64Array) => rewards.fill(-1),
      ...goalRules,
    },
  });

  test.each<[string, object]>([
    [
      'goalRules: expected observations in a Dict with achievedGoal and desiredGoal, both of one size, got Box(-5, 5, [1])',
      { goalRules: { computeRewards: () => undefined } },
    ],
    [
      'goalRules: computeRewards gives 0 for the goals of the observation, after a step of reward -1',
      withGoals({ computeRewards: (_, __, rewards) => rewards.fill(0) }),
    ],
    [
      'goalRules: computeTerminated gives 1 for the goals of the observation, after a step without terminated',
      withGoals({ computeTerminated: (_, __, terminated) => terminated.fill(1) }),
    ],
    [
      'reset: observation has 6 at [0], expected a number in [-5, 5], by Box(-5, 5, [1])',
      { reset: () => ({ observation: [6] }) },
    ],
    ['reset returned [0], expected { observation }', { reset: () => [0] }],
    ['step: observation has NaN at [0]', stepWith({ observation: [NaN] })],
    ['step: observation has 2 elements, expected 1', stepWith({ observation: [0, 0] })],
    [
      'reset: observation has 0.5 at [0], expected an integer in [0, 5], by Box(0, 5, [1], uint8)',
      { observationSpace: new Box(0, 5, [1], { dtype: 'uint8' }), reset: () => ({ observation: [0.5] }) },
    ],
    ['step: observation is undefined', stepWith({ observation: undefined })],
    ['step: reward is NaN, expected a finite number', stepWith({ reward: NaN })],
    ['step: reward is 1e+39, expected a number that is finite in float32', stepWith({ reward: 1e39 })],
    [
      'step: observation has 1e+39 at [0], expected a number that is finite in float32',
      { observationSpace: new Box(-Infinity, Infinity, [1]), ...stepWith({ observation: [1e39] }) },
    ],
    ['step: terminated is 1, expected true or false', stepWith({ terminated: 1 })],
    ['step: truncated is undefined, expected true or false', stepWith({ truncated: undefined })],
    ['step: `done` is `terminated`', { step: () => ({ observation: [0], reward: 0, done: true }) }],
    ['step returned [[0],0,true], expected {', { step: () => [[0], 0, true] }],
    ['step returned a Promise, expected a result at once', { step: async () => Promise.resolve() }],
    ['reset returned a Promise, expected a result at once', { reset: async () => Promise.resolve() }],
    ['step returned undefined, expected { observation, reward, terminated, truncated }', { step: () => undefined }],
    [
      'actionSpace is undefined, expected a Box, Discrete, MultiDiscrete, MultiBinary or Dict',
      { actionSpace: undefined },
    ],
    [
      'actionMask after reset is [1], expected a Uint8Array of 2 zeros and ones',
      { actionMask: () => Uint8Array.of(1) },
    ],
    ['actionMask after reset is [0,2], expected', { actionMask: () => Uint8Array.of(0, 2) }],
    ['actionMask after reset is [true,false], expected', { actionMask: () => [true, false] }],
    ['actionMask after reset leaves no action', { actionMask: () => new Uint8Array(2) }],
    ['actionMask: expected Discrete or MultiDiscrete actions, got Box(-1, 1, [1])', continuousMask],
    ['two runs seeded with 0 differ', { reset: () => ({ ...base.reset(), observation: [1 / ++clock] }) }],
    ['the steps after getState and after setState differ', { setState: () => undefined }],
    ['the environment has getState alone, expected both or neither', { setState: undefined }],
  ])('%s', (message, change) => {
    const broken = { ...base, ...change } as Env;
    expect(() => {
      checkEnv(broken);
    }).toThrow(message);
    expect(() => {
      checkEnv(broken);
    }).toThrow(EnvError);
  });
});

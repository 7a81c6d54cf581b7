import { Box, Discrete, EnvError, type Env, type StateDict } from '@gradus/core';
import { checkEnv, listEnvs, makeEnv } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

test.each(listEnvs())('%s passes', (id) => {
  checkEnv(makeEnv(id), { steps: 5000 });
});

/** A walk between −5 and 5 that keeps the contract; tests break it in one place each. */
function walk(): Required<Env<number[], number>> {
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

describe('breaches are named', () => {
  const base = walk();
  const stepWith = (change: object): object => ({ step: (action: number) => ({ ...base.step(action), ...change }) });
  let clock = 0;

  test.each<[string, object]>([
    [
      'reset: observation has 6 at [0], expected a number in [-5, 5], by Box(-5, 5, [1])',
      { reset: () => ({ observation: [6] }) },
    ],
    ['reset returned [0], expected { observation }', { reset: () => [0] }],
    ['step: observation has NaN at [0]', stepWith({ observation: [NaN] })],
    ['step: observation has 2 elements, expected 1', stepWith({ observation: [0, 0] })],
    ['step: observation is undefined', stepWith({ observation: undefined })],
    ['step: reward is "NaN", expected a finite number', stepWith({ reward: NaN })],
    ['step: terminated is 1, expected true or false', stepWith({ terminated: 1 })],
    ['step: truncated is undefined, expected true or false', stepWith({ truncated: undefined })],
    ['step returned undefined, expected { observation, reward, terminated, truncated }', { step: () => undefined }],
    ['actionSpace is undefined, expected a Box, Discrete or MultiDiscrete', { actionSpace: undefined }],
    ['two runs seeded with 0 differ', { reset: () => ({ ...base.reset(), observation: [clock++ % 5] }) }],
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

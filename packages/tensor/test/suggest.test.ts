import { expect, test } from 'vitest';
import { rejectUnknown, similarNames } from '../src/suggest.ts';

const ids = ['CartPole-v1', 'Acrobot-v1', 'Pendulum-v1', 'MountainCar-v0', 'MountainCarContinuous-v0'];

test.each([
  ['CartPole-v0', ['CartPole-v1']],
  ['cartpole', ['CartPole-v1']],
  ['Cartpoel-v1', ['CartPole-v1']],
  ['MountainCar', ['MountainCar-v0', 'MountainCarContinuous-v0']],
  ['Breakout', []],
  ['', []],
])('%s resembles %j', (name, expected) => {
  expect(similarNames(name, ids)).toEqual(expected);
});

test('rejectUnknown names the option and what was probably meant', () => {
  const defaults = { learningRate: 1, gamma: 1 };
  rejectUnknown('Dqn', { gamma: 2 }, defaults);
  expect(() => rejectUnknown('Dqn', { learningrate: 2 }, defaults)).toThrow(
    "Dqn: unknown option 'learningrate'; did you mean 'learningRate'?",
  );
  expect(() => rejectUnknown('Dqn', { color: 2 }, defaults)).toThrow("known are 'learningRate', 'gamma'");
  expect(() => rejectUnknown('Walk', { color: 2 }, {})).toThrow("Walk: unknown option 'color'; known are none");
});

import { envFromDynamics } from '@gradus/core';
import { frozenLake, frozenLakeMaps } from '@gradus/envs';
import { expect, test } from 'vitest';
import { bestOf, optimalActionValues } from './support/optimal-values.ts';

test.each([
  ['4x4', 16],
  ['8x8', 64],
])('the map %s has %i squares from S to G', (name, squares) => {
  const letters = frozenLakeMaps[name].join('');
  expect([letters.length, letters[0], letters.at(-1)]).toEqual([squares, 'S', 'G']);
});

test('without slipping the shortest way is found at the rate of its length', () => {
  // 6 steps, of which the last pays 1: V*(S) = γ⁵.
  const table = frozenLake({ isSlippery: false }).transitions!;
  expect(bestOf(optimalActionValues(table, 0.9), 4)[0]).toBeCloseTo(0.9 ** 5, 12);
});

test('a map of its own, with its own rewards', () => {
  const env = envFromDynamics(frozenLake({ map: ['SFG', 'FHF'], isSlippery: false, rewardSchedule: [10, -5, -1] }));
  expect(env.reset().observation).toBe(0);
  expect(env.step(2)).toMatchObject({ observation: 1, reward: -1, terminated: false });
  expect(env.step(1)).toMatchObject({ observation: 4, reward: -5, terminated: true });
  env.reset();
  expect(env.step(0)).toMatchObject({ observation: 0, reward: -1, terminated: false });
  env.step(2);
  expect(env.step(2)).toMatchObject({ observation: 2, reward: 10, terminated: true });
});

test.each([
  [{ mapName: '5x5' }, `frozenLake: expected mapName to be one of '4x4', '8x8', got "5x5"`],
  [{ map: [] }, 'frozenLake: expected map to be rows of equal length made of S, F, H and G, with a start S, got []'],
  [
    { map: ['SF', 'G'] },
    'frozenLake: expected map to be rows of equal length made of S, F, H and G, with a start S, got ["SF","G"]',
  ],
  [
    { map: ['SX'] },
    'frozenLake: expected map to be rows of equal length made of S, F, H and G, with a start S, got ["SX"]',
  ],
  [{ map: ['FG'] }, 'with a start S, got ["FG"]'],
  [{ successRate: 1.5 }, 'frozenLake: expected successRate to be a number in [0, 1], got 1.5'],
  [
    { rewardSchedule: [1, NaN, 0] as const },
    'frozenLake: expected rewardSchedule to be three finite numbers, got [1,NaN,0]',
  ],
])('%o is refused', (options, message) => {
  expect(() => frozenLake(options)).toThrow(message);
});

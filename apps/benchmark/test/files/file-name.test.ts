import { expect, it } from 'vitest';
import { fileName } from '../../src/files/file-name.ts';

it.each([
  ['dqn-CartPole-v1-0', 'dqn-CartPole-v1-0'],
  ['dqn-MinAtar/Breakout-v0-0', 'dqn-MinAtar_Breakout-v0-0'],
  ['../a b:c\\d', '.._a_b_c_d'],
])('%s is saved as %s', (text, name) => {
  expect(fileName(text)).toBe(name);
});

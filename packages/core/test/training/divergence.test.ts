import { describe, expect, test } from 'vitest';
import { variable } from '@gradus/tensor';
import { UpdateMetrics, checkParameters, checkUpdate } from '../../src/training/divergence.ts';
import { DivergenceError } from '../../src/errors.ts';

const agent = { algorithm: 'ppo', step: 4096 };
const wrong = [NaN, Infinity, -Infinity];

describe('what an update reports', () => {
  test.each(wrong)('a loss that is %d is an error that names algorithm, metric and step', (value) => {
    expect(() => checkUpdate(agent, { 'train/entropy': 1, 'train/value_loss': value })).toThrow(
      new DivergenceError(`ppo: train/value_loss is ${value} at step 4096; the learning rate may be too large`),
    );
  });

  test('any finite number passes', () => {
    checkUpdate(agent, { a: 0, b: -Number.MAX_VALUE, c: Number.MIN_VALUE });
    checkUpdate(agent, {});
  });

  test('a round has the means of its updates, and ends at the first that is not finite', () => {
    const reported = new UpdateMetrics(agent, ['train/loss', 'train/q_value']);
    expect(reported.means()).toEqual({});
    reported.add(Float32Array.of(1, 10));
    reported.add(Float32Array.of(2, 40));
    expect(reported.means()).toEqual({ 'train/loss': 1.5, 'train/q_value': 25 });
    expect(() => reported.add(Float32Array.of(1, NaN))).toThrow('ppo: train/q_value is NaN at step 4096');
  });

  test('updates may report only the first of the numbers', () => {
    const reported = new UpdateMetrics(agent, ['train/value_loss', 'train/policy_loss']);
    reported.add(Float32Array.of(1));
    expect(reported.means()).toEqual({ 'train/value_loss': 1 });
    reported.add(Float32Array.of(2, 5));
    reported.add(Float32Array.of(6, 9));
    expect(reported.means()).toEqual({ 'train/value_loss': 3, 'train/policy_loss': 7 });
  });

  test('the step is that of the update, not of the beginning of the round', () => {
    const learner = { algorithm: 'dqn', step: 0 };
    const reported = new UpdateMetrics(learner, ['train/loss']);
    learner.step = 12;
    expect(() => reported.add([Infinity])).toThrow('dqn: train/loss is Infinity at step 12');
  });
});

describe('weights', () => {
  test.each(wrong)('one that is %d is found, in variables and in arrays', (value) => {
    const bias = variable([2, 2], [0, 1, value, 3], { name: 'bias' });
    const message = `at step 4096; the learning rate may be too large`;
    expect(() => checkParameters(agent, { kernel: variable([1]), bias })).toThrow(
      new DivergenceError(`ppo: bias has ${value} at [2] ${message}`),
    );
    expect(() => checkParameters(agent, { weights: Float64Array.of(0, value) })).toThrow(
      new DivergenceError(`ppo: weights has ${value} at [1] ${message}`),
    );
  });

  test('finite ones pass, in float32 as long as their squares are finite', () => {
    checkParameters(agent, { kernel: variable([2], [1.8e19, -1.8e19]), weights: Float64Array.of(Number.MAX_VALUE) });
    expect(() => checkParameters(agent, { kernel: variable([2], [1, -1e30]) })).toThrow(
      /^ppo: kernel has -1\S+e\+30 at \[1\]/,
    );
  });
});

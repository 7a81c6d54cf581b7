import { EnvError, evaluate, linear } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Dqn, type DqnOptions } from '@gradus/value-based';
import { expect, test } from 'vitest';

const BITS = 10;
const GAMMA = 0.9;

const options: Partial<DqnOptions> = {
  hidden: [128],
  learningRate: 1e-3,
  gamma: GAMMA,
  batchSize: 64,
  bufferSize: 50_000,
  trainFrequency: 4,
  gradientSteps: 2,
  targetUpdateInterval: 200,
  epsilon: linear(1, 0.1, 0.3),
};

/** The share of 500 fresh episodes in which all of ten bits are right in the end. */
function learnFlips(changes: Partial<DqnOptions>): { readonly agent: Dqn; readonly success: number } {
  const agent = new Dqn(makeEnv('BitFlip-v0', { bits: BITS }), { ...options, ...changes });
  Array.from(agent.learn({ steps: 12_000 }));
  const { returns } = evaluate(agent, makeVectorEnv('BitFlip-v0', 50, { bits: BITS }), { episodes: 500, seed: 7 });
  return { agent, success: returns.filter((value) => value > -BITS).length / returns.length };
}

test('ten bits are flipped with hindsight, and values are those of the closed form; without it nothing is learned', () => {
  const { agent, success } = learnFlips({ hindsight: {} });
  expect(success).toBeGreaterThan(0.95);
  const env = makeVectorEnv('BitFlip-v0', 200, { bits: BITS });
  env.reset({ seed: 5 });
  const values = agent.actionValues(env.observations);
  const errors = Array.from({ length: 200 }, (_, i) => {
    const [achieved, desired] = [0, 1].map((part) =>
      env.observations.subarray((3 * i + part) * BITS).subarray(0, BITS),
    );
    const distance = achieved.filter((bit, k) => bit !== desired[k]).length;
    // Σ_{k < d − 1} −γᵏ: nothing is lost in the last step, and nothing follows it.
    const exact = -(1 - GAMMA ** (distance - 1)) / (1 - GAMMA);
    return Math.abs(Math.max(...values.subarray(i * BITS, (i + 1) * BITS)) - exact);
  });
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.3);
  expect(learnFlips({}).success).toBeLessThan(0.1);
});

test('hindsight is refused where it would not be right', () => {
  const make = (changes: Partial<DqnOptions>, id = 'BitFlip-v0') => new Dqn(makeEnv(id), { hindsight: {}, ...changes });
  const expected = 'hindsight: expected uniform sampling of all transitions, and nSteps 1, got';
  expect(() => make({ nSteps: 2 })).toThrow(new RangeError(`${expected} uniform sampling of all, and 2`));
  expect(() => make({ replay: 'prioritized' })).toThrow(`${expected} prioritized sampling of all, and 1`);
  expect(() => make({ replay: 'none', batchSize: 4 })).toThrow(`${expected} latest sampling of all, and 1`);
  expect(() => make({}, 'CartPole-v1')).toThrow(EnvError);
});

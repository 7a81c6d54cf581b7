import {
  Box,
  EnvError,
  MultiDiscrete,
  evaluate,
  vectorEnvFromDynamics,
  type Dynamics,
  type RandomSource,
  type VectorEnv,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Ppo, type PpoOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const counts = [3, 4];
const CHOICES = 7;
const EPISODE = 25;

/** Draws a mask: each choice is legal with probability ½, and one of each element for sure. */
function drawMask(mask: Float64Array, random: RandomSource): void {
  let start = 0;
  for (const count of counts) {
    for (let choice = 0; choice < count; choice++) mask[start + choice] = random.nextFloat() < 0.5 ? 1 : 0;
    mask[start + random.integer(count)] = 1;
    start += count;
  }
}

/**
 * Shows which choices are legal, others at each step, and gives 1 for each element whose last legal choice is taken. An illegal choice
 * is an error.
 */
function lastLegal(): Dynamics<'mask', Int32Array> {
  const row = (mask: Float64Array, i: number): Float64Array => mask.subarray(i * CHOICES, (i + 1) * CHOICES);
  return {
    observationSpace: new Box(0, 1, [CHOICES]),
    actionSpace: new MultiDiscrete(counts),
    variables: { mask: CHOICES },
    maxEpisodeSteps: EPISODE,
    reset({ mask }, i, random) {
      drawMask(row(mask, i), random);
    },
    step({ mask }, actions, { rewards, terminated }, start, end, randoms) {
      for (let i = start; i < end; i++) {
        rewards[i] = 0;
        terminated[i] = 0;
        let first = i * CHOICES;
        counts.forEach((count, element) => {
          const action = actions[2 * i + element];
          if (mask[first + action] === 0) throw new EnvError(`illegal: ${action} of element ${element}`);
          if (!mask.subarray(first + action + 1, first + count).includes(1)) rewards[i]++;
          first += count;
        });
        drawMask(row(mask, i), randoms[i]);
      }
    },
    observe({ mask }, observations, start, end) {
      observations.set(mask.subarray(start * CHOICES, end * CHOICES), start * CHOICES);
    },
    writeActionMasks({ mask }, masks, start, end) {
      masks.set(mask.subarray(start * CHOICES, end * CHOICES), start * CHOICES);
    },
  };
}

const options: Partial<PpoOptions> = {
  steps: 64,
  batchSize: 256,
  epochs: 4,
  gamma: 0,
  learningRate: 3e-3,
  hidden: [32],
};

test('no illegal action in 100,000 steps of learning, nor after it, drawn or best', () => {
  const agent = new Ppo(vectorEnvFromDynamics(lastLegal(), 16), { ...options, epochs: 1, learningRate: 1e-3 });
  // The environment throws at the first.
  Array.from(agent.learn({ steps: 100_000 }));
  expect(agent.step).toBeGreaterThanOrEqual(100_000);
  for (const deterministic of [false, true]) {
    evaluate(agent, vectorEnvFromDynamics(lastLegal(), 16), { episodes: 160, seed: 1, deterministic });
  }
  // A check of the check: an agent that is not told the masks soon takes one.
  const unmasked = Object.assign(vectorEnvFromDynamics(lastLegal(), 16), { actionMasks: undefined });
  expect(() => evaluate(agent, unmasked, { episodes: 160, seed: 1, deterministic: false })).toThrow('illegal');
});

test.each([0, 1, 2])('it learns among what is legal: seed %d', (seed) => {
  const agent = new Ppo(vectorEnvFromDynamics(lastLegal(), 16), { ...options, seed });
  const score = (): number =>
    evaluate(agent, vectorEnvFromDynamics(lastLegal(), 16), { episodes: 64, seed: 1000 }).meanReturn;
  const before = score();
  Array.from(agent.learn({ steps: 20_000 }));
  // 50 is perfect.
  expect(score()).toBeGreaterThan(47.5);
  expect(before).toBeLessThan(40);
  agent.dispose();
});

/** Throws at an action that the masks of `env` advise against. */
function strict(env: VectorEnv): VectorEnv {
  const { actionMasks, numEnvs } = env;
  const step = env.step.bind(env);
  return Object.assign(env, {
    step: (actions: Int32Array) => {
      actions.forEach((action, i) => {
        if (actionMasks![(i * actionMasks!.length) / numEnvs + action] === 0) throw new EnvError('illegal');
      });
      step(actions);
    },
  });
}

test('Taxi-v4: no action that changes nothing, in one environment and in several', () => {
  const agent = new Ppo(strict(makeVectorEnv('Taxi-v4', 8)), { ...options, steps: 128 });
  Array.from(agent.learn({ steps: 10_240 }));
  evaluate(agent, strict(makeVectorEnv('Taxi-v4', 8)), { episodes: 8, seed: 1, deterministic: false });
  const env = makeEnv('Taxi-v4');
  const observation = env.reset({ seed: 2 }).observation;
  const actionMasks = env.actionMask!();
  const draws = Array.from({ length: 100 }, () => agent.act(observation, { deterministic: false, actionMasks }));
  expect(draws.every((action) => actionMasks[action as number] === 1)).toBe(true);
});

describe('masks that do not fit are named', () => {
  test('none legal', () => {
    const env = vectorEnvFromDynamics(
      { ...lastLegal(), writeActionMasks: (_, masks) => masks.fill(0).fill(1, 0, CHOICES) },
      2,
    );
    expect(() => new Ppo(env, { ...options, batchSize: 64 }).learn({ steps: 1 }).next()).toThrow(
      new RangeError('actionMasks: expected a legal action in each row, got none in row 1'),
    );
  });

  test('continuous actions have none', () => {
    const env = Object.assign(makeVectorEnv('Pendulum-v1', 2), { actionMasks: new Uint8Array(2) });
    expect(() => new Ppo(env, { ...options, batchSize: 64 })).toThrow(
      new RangeError('action masks: expected Discrete or MultiDiscrete actions, got Box(-2, 2, [1])'),
    );
  });

  test('those given to act', () => {
    const agent = new Ppo(vectorEnvFromDynamics(lastLegal(), 2), { ...options, batchSize: 64 });
    expect(() => agent.act(new Array<number>(CHOICES).fill(1), { actionMasks: new Uint8Array(3) })).toThrow(
      new RangeError('actionMasks has 3 elements, expected 1 × 7 (actions)'),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { checkFiniteRows, checkReward, checkRewards, checkStep } from '../../src/environments/check-float32.ts';
import { EnvError } from '../../src/errors.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { PrioritizedReplayBuffer } from '../../src/buffers/prioritized-replay-buffer.ts';
import { ReplayBuffer } from '../../src/buffers/replay-buffer.ts';
import { RolloutBuffer } from '../../src/buffers/rollout-buffer.ts';
import { RewardNormalizer } from '../../src/policies/reward-normalizer.ts';
import { RunningNormalizer } from '../../src/statistics/running-normalizer.ts';
import { Box, Discrete } from '../../src/spaces/spaces.ts';
import { TransitionTable } from '../../src/environments/transition-table.ts';
import { TrainingEnv } from '../../src/training/training-env.ts';
import { vectorize } from '../../src/environments/vectorize.ts';
import type { Env, StepResult } from '../../src/environments/env.ts';

/** Halfway from the largest float32 to 2¹²⁸: the smallest number that rounds to infinity. */
const tooLarge = 2 ** 128 - 2 ** 103;
const largest = (2 - 2 ** -23) * 2 ** 127;
const wrong = [NaN, Infinity, -Infinity, 1e39, -1e39, tooLarge];
const good = [0, 1, -largest, largest, tooLarge * (1 - 2 ** -53), 1e-300];

/** One step and the end, which `result` changes. */
function oneStep(result: Partial<StepResult> = {}, first: readonly number[] = [0, 0]): Env {
  return {
    observationSpace: new Box(-Infinity, Infinity, [2]),
    actionSpace: new Box(-Infinity, Infinity, [1]),
    reset: () => ({ observation: [...first] }),
    step: () => ({ observation: [1, 2], reward: 1, terminated: true, truncated: false, ...result }),
  };
}

/** Outcome of a step of two copies with observations of two numbers, the second of which ended its episode. */
function outcome() {
  return {
    numEnvs: 2,
    observations: new Float32Array(4),
    finalObservations: new Float32Array(4),
    rewards: new Float64Array(2),
    terminated: Uint8Array.of(0, 0),
    truncated: Uint8Array.of(0, 1),
  };
}

describe('numbers that float32 cannot hold', () => {
  test.each(good)('%d is fine', (value) => {
    checkReward('reward', value);
    checkRewards([0, value]);
    checkFiniteRows('action', [0, value], 1);
    checkFiniteRows('action', Float32Array.of(0, 0, 0, 0, value), 1);
  });

  test.each(wrong)('%d is named', (value) => {
    const expected = Number.isFinite(value)
      ? 'expected a number that is finite in float32, at most 3.4e38'
      : 'expected a finite number';
    expect(() => checkReward('reward', value)).toThrow(new EnvError(`reward is ${value}, ${expected}`));
    expect(() => checkRewards([0, value])).toThrow(new EnvError(`reward of environment 1 is ${value}, ${expected}`));
    expect(() => checkFiniteRows('action', [0, 0, 0, value], 2)).toThrow(
      new EnvError(`action of environment 1 has ${value} at [1], ${expected}`),
    );
    const stored = Math.fround(value);
    for (let at = 0; at < 9; at++) {
      const row = new Float32Array(9);
      row[at] = stored;
      expect(() => checkFiniteRows('observation', row, 3)).toThrow(
        new EnvError(
          `observation of environment ${Math.floor(at / 3)} has ${stored} at [${at % 3}], expected a finite number`,
        ),
      );
    }
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['1', '"1"'],
    [1n, '1n'],
  ])('neither is %s a reward', (reward, text) => {
    expect(() => checkReward('reward', reward)).toThrow(`reward is ${text}, expected a finite number`);
  });

  test('final observations count where an episode ended', () => {
    const first = outcome();
    first.finalObservations[0] = NaN;
    checkStep(first);
    const second = outcome();
    second.finalObservations[3] = Infinity;
    expect(() => checkStep(second)).toThrow(
      new EnvError('final observation of environment 1 has Infinity at [1], expected a finite number'),
    );
  });
});

describe.each(wrong)('%d is refused', (value) => {
  const act = { act: () => [0] };

  test('by vectorize and evaluate: rewards and observations, first, next and final', () => {
    for (const make of [
      () => oneStep({ reward: value }),
      () => oneStep({ observation: [0, value] }),
      () => oneStep({ observation: [value, 0], terminated: false }),
      () => oneStep({}, [0, value]),
    ]) {
      const copies = vectorize(make, 2);
      const play = (): void => {
        copies.reset();
        copies.step(new Float32Array(2));
      };
      expect(play).toThrow(/^(reward|observation) of environment 0 (is|has) /);
    }
    expect(() => evaluate(act, oneStep({ reward: value }), { episodes: 1 })).toThrow(EnvError);
  });

  test('by training and evaluation in a VectorEnv of any kind', () => {
    const stored = Math.fround(value);
    const made = () => vectorize(() => oneStep(), 2);
    for (const spoil of ['rewards', 'observations', 'finalObservations'] as const) {
      const env = made();
      const step = env.step.bind(env);
      const spoilt = Object.assign(env, {
        step(actions: Float32Array) {
          step(actions);
          env[spoil][0] = spoil === 'rewards' ? value : stored;
        },
      });
      const training = new TrainingEnv(spoilt, 0);
      training.begin(100);
      expect(() => training.step(new Float32Array(2))).toThrow(/of environment 0 (is|has) /);
      expect(() => evaluate(act, spoilt, { episodes: 2 })).toThrow(/of environment 0 (is|has) /);
    }
    const env = made();
    const reset = env.reset.bind(env);
    Object.assign(env, {
      reset() {
        reset();
        env.observations[2] = stored;
      },
    });
    expect(() => new TrainingEnv(env, 0).begin(100)).toThrow('observation of environment 1 has');
  });

  test('by rollout buffers', () => {
    const buffer = () => {
      const made = new RolloutBuffer(
        vectorize(() => oneStep(), 1),
        1,
      );
      made.clear();
      return made;
    };
    const zeros = new Float32Array(2);
    const stored = Float32Array.of(0, value);
    expect(() => buffer().beginStep(stored, [0], [0], [0])).toThrow('observation of environment 0 has');
    expect(() => buffer().beginStep(zeros, [value], [0], [0])).toThrow('action of environment 0 has');
    expect(() => buffer().beginStep(zeros, [0], [value], [0])).toThrow('log-probability of environment 0 has');
    expect(() => buffer().beginStep(zeros, [0], [0], [value])).toThrow('value of environment 0 has');
    const begun = buffer();
    begun.beginStep(zeros, [0], [0], [0]);
    const ends = { terminated: Uint8Array.of(0), truncated: Uint8Array.of(0) };
    expect(() => begun.endStep({ rewards: Float64Array.of(value), ...ends })).toThrow('reward of environment 0 is');
    begun.endStep({ rewards: Float64Array.of(1), ...ends });
    expect(() => begun.finish([value], 0.9, 0.9)).toThrow('last value of environment 0 has');
  });

  test('by replay buffers', () => {
    const space = { numEnvs: 1, observationSpace: new Box(-1, 1, [2]), actionSpace: new Box(-1, 1, [1]) };
    const zeros = new Float32Array(2);
    const options = { capacity: 4, gamma: 0.9 };
    for (const made of [
      new ReplayBuffer(space, options),
      new PrioritizedReplayBuffer(space, { ...options, priorityExponent: 1 }),
    ]) {
      expect(() => made.beginStep(Float32Array.of(0, value), [0])).toThrow('observation of environment 0 has');
      expect(() => made.beginStep(zeros, [value])).toThrow('action of environment 0 has');
      made.beginStep(zeros, [0]);
      const step = (changes: object) => () =>
        made.endStep({
          observations: zeros,
          finalObservations: zeros,
          rewards: Float64Array.of(0),
          terminated: Uint8Array.of(1),
          truncated: Uint8Array.of(0),
          ...changes,
        });
      expect(step({ rewards: Float64Array.of(value) })).toThrow('reward of environment 0 is');
      expect(step({ observations: Float32Array.of(value, 0) })).toThrow('observation of environment 0 has');
      expect(step({ finalObservations: Float32Array.of(value, 0) })).toThrow('final observation of environment 0 has');
      expect(made.size).toBe(0);
    }
  });

  test('by normalizers, which stay as they were', () => {
    const normalizer = new RunningNormalizer(2);
    const before = normalizer.getState();
    expect(() => normalizer.update(Float32Array.of(1, 2, 3, value))).toThrow(
      new RangeError(`RunningNormalizer: expected finite numbers, got ${Math.fround(value)} at [3]`),
    );
    expect(normalizer.getState()).toEqual(before);
    const rewards = new RewardNormalizer(1, 0.9);
    const ends = { terminated: Uint8Array.of(0), truncated: Uint8Array.of(0) };
    expect(() => rewards.normalize({ rewards: Float64Array.of(value), ...ends }, new Float64Array(1))).toThrow(
      'reward of environment 0 is',
    );
  });

  test('by transition tables', () => {
    const table = () =>
      new TransitionTable({
        numStates: 1,
        numActions: 1,
        initialDistribution: [1],
        outcomes: () => [{ probability: 1, nextState: 0, reward: value, terminated: true }],
      });
    expect(table).toThrow(`outcomes(0, 0): expected a finite reward, at most 3.4e38, got ${value}`);
  });
});

test('discrete observations and actions are whole numbers, of which nothing is looked for', () => {
  checkFiniteRows('action', Int32Array.of(1, 2), 1);
  expect(new Discrete(3).problem(1e39)).toBeDefined();
});

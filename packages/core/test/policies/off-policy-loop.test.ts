import { describe, expect, test, vi } from 'vitest';
import {
  Box,
  Discrete,
  OffPolicyLoop,
  ReplayBuffer,
  TrainingEnv,
  vectorize,
  type OffPolicyOptions,
} from '../../src/index.ts';

function createTraining(numEnvs: number): TrainingEnv {
  return new TrainingEnv(
    vectorize(
      () => ({
        observationSpace: new Box(-1, 1, [1]),
        actionSpace: new Discrete(2),
        reset: () => ({ observation: [0] }),
        step: () => ({ observation: [0], reward: 0, terminated: false, truncated: false }),
      }),
      numEnvs,
    ),
    0,
  );
}

/** Runs up to each of `totals` steps; the steps after which something was learned. */
function run(options: OffPolicyOptions, totals: readonly number[], numEnvs = 1): number[] {
  const training = createTraining(numEnvs);
  const buffer = new ReplayBuffer(training.env, { capacity: 100, gamma: 1 });
  const loop = new OffPolicyLoop(training, () => buffer, options);
  const learned: number[] = [];
  for (const total of totals) {
    training.begin(total);
    const method = {
      explore: () => ({}),
      improve: () => {
        learned.push(training.recorder.step);
        return {};
      },
    };
    Array.from(loop.run(total, method));
  }
  return learned;
}

describe('where nothing was learned, it says so and why', () => {
  test.each<[OffPolicyOptions, number, string]>([
    [{ learningStarts: 30, trainFrequency: 4 }, 30, '32 steps (learningStarts), and 30 are done'],
    [{ learningStarts: 32, trainFrequency: 4 }, 32, '36 steps (learningStarts), and 32 are done'],
    [{ learningStarts: 0, trainFrequency: 50 }, 20, '50 steps (trainFrequency), and 20 are done'],
  ])('%o, %d steps', (options, steps, end) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(run(options, [steps])).toEqual([]);
    expect(warn.mock.calls).toEqual([[`learn: nothing was learned, since the first update comes after ${end}`]]);
  });

  test('and not where something was', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(run({ learningStarts: 30, trainFrequency: 4 }, [32])).toEqual([32]);
    expect(run({ learningStarts: 30, trainFrequency: 4 }, [33, 35, 36])).toEqual([32, 36]);
    expect(run({ learningStarts: 6, trainFrequency: 6 }, [12, 13], 3)).toEqual([12]);
    expect(warn).not.toHaveBeenCalled();
  });
});

test('rounds that do not end with a step of all copies', () => {
  const training = createTraining(4);
  const make = (trainFrequency: number) => () =>
    new OffPolicyLoop(training, vi.fn(), { learningStarts: 0, trainFrequency });
  expect(make(1)).toThrow(
    new RangeError(
      'trainFrequency: expected a multiple of 4 (copies, which step together), got 1: set it to 4, or use fewer copies',
    ),
  );
  expect(make(6)).toThrow('got 6: set it to 8');
});

test.each([
  ['later', 20, 0, [24]],
  ['earlier', 6, 30, [12, 16, 20, 24]],
  ['as it was', 14, 14, [16, 20, 24]],
])('a loop that is restored learns %s, as its own learningStarts says', (_, now, before, expected) => {
  const [saved, restored] = [before, now].map((learningStarts) => {
    const training = createTraining(1);
    const buffer = new ReplayBuffer(training.env, { capacity: 100, gamma: 1 });
    const loop = new OffPolicyLoop(training, () => buffer, { learningStarts, trainFrequency: 4 });
    return { training, loop };
  });
  const learned: number[] = [];
  const learn = ({ training, loop }: typeof saved, total: number): void => {
    training.begin(total);
    const improve = () => {
      learned.push(training.recorder.step);
      return {};
    };
    Array.from(loop.run(total, { explore: () => ({}), improve }));
  };
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  learn(saved, 10);
  learned.length = 0;
  restored.training.recorder.setState(saved.training.recorder.getState());
  restored.loop.setState(saved.loop.getState());
  learn(restored, 24);
  expect(learned).toEqual(expected);
});

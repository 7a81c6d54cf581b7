import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/training/agent.ts';
import { stepCopies } from '../../src/environments/checked-step.ts';
import { checkActionMasks } from '../../src/environments/check-action-masks.ts';
import type { Env } from '../../src/environments/env.ts';
import { withReward } from '../../src/environments/original-reward.ts';
import { EnvError } from '../../src/errors.ts';
import { episodeLimit, evaluate } from '../../src/training/evaluate.ts';
import { Box, Discrete, type SpaceValue } from '../../src/spaces/spaces.ts';
import { asVectorEnv, vectorize } from '../../src/environments/vectorize.ts';

/** Episodes of three steps with a reward of 1, of which something is changed. */
function user(changes: object = {}, step: object = {}): Env {
  let steps = 0;
  return {
    observationSpace: new Box(-1, 1, [2]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: [(steps = 0), 0] }),
    step: () => ({ observation: [0, 0], reward: 1, terminated: ++steps === 3, truncated: false, ...step }),
    ...changes,
  };
}

const zero: Policy = { act: () => 0 };

/** What an environment gives that cannot be right, and what is said about it; # is the name of the environment. */
const wrong: readonly (readonly [string, Env, string])[] = [
  ['a reward that is text', user({}, { reward: '1' }), 'reward of # is "1", expected a finite number'],
  ['a reward of NaN', user({}, { reward: NaN }), 'reward of # is NaN, expected a finite number'],
  [
    "a reward of the environment's own that is NaN",
    user({}, { unwrappedReward: NaN }),
    'unwrappedReward of # is NaN, expected a finite number',
  ],
  ['one that is text', user({}, { unwrappedReward: '5' }), 'unwrappedReward of # is "5", expected a finite number'],
  ['no reward', user({}, { reward: undefined }), 'reward of # is undefined, expected a finite number'],
  [
    'done',
    user({ step: () => ({ observation: [0, 0], reward: 1, done: true }) }),
    'terminated and truncated of # are undefined and undefined, expected booleans; `done` is `terminated`, or `truncated` where',
  ],
  ['flags that are numbers', user({}, { truncated: 0 }), 'are false and 0, expected booleans'],
  [
    'an async step',
    user({ step: () => Promise.resolve({}) }),
    'step of # returned a Promise, expected a result at once',
  ],
  [
    'an async reset',
    user({ reset: () => Promise.resolve({}) }),
    'reset of # returned a Promise, expected a result at once',
  ],
  ['a bare observation', user({ reset: () => [0, 0] }), 'reset of # returned Array, expected { observation }'],
  [
    'nothing',
    user({ step: () => undefined }),
    'step of # returned undefined, expected { observation, reward, terminated, truncated }',
  ],
  ['a short observation', user({}, { observation: [0] }), 'observation of # has 1 elements, expected 2'],
  ['an observation that is text', user({}, { observation: 'ab' }), 'observation of # is "ab", expected 2 numbers'],
  ['text in an observation', user({}, { observation: ['5', 0] }), 'observation of # has "5" at [0], expected a finite'],
  ['no observation', user({ reset: () => ({}) }), 'observation of # is undefined, expected 2 numbers'],
  [
    'NaN in an observation',
    user({}, { observation: [0, NaN] }),
    'observation of # has NaN at [1], expected a finite number',
  ],
];

describe.each(wrong)('%s', (_, env, message) => {
  test.each<[string, () => Env | ReturnType<typeof asVectorEnv>, string]>([
    ['alone', () => env, 'the environment'],
    ['as copies', () => vectorize((i) => (i === 0 ? user() : env), 2), 'environment 1'],
  ])('%s', (__, make, name) => {
    const play = (): unknown => evaluate(zero, make(), { episodes: 2 });
    expect(play).toThrow(EnvError);
    expect(play).toThrow(message.replace('#', name));
  });
});

describe('actions of a policy', () => {
  const box = (): Env => user({ actionSpace: new Box(-1, 1, [1]) });
  test.each<[unknown, () => Env, string]>([
    [NaN, user, 'is NaN, expected an integer in [0, 1]'],
    ['x', user, 'is "x", expected an integer'],
    [[1], user, 'is [1], expected an integer'],
    [Int32Array.of(1), user, 'is an Int32Array of 1 number, expected an integer'],
    [0.5, user, 'is 0.5, expected an integer in [0, 1]'],
    [2, user, 'is 2, expected an integer in [0, 1]'],
    [undefined, user, 'is undefined, expected an integer'],
    [Promise.resolve(0), user, 'is a Promise, expected an integer'],
    [[NaN], box, 'has NaN at [0], expected a finite number'],
    ['x', box, 'is "x", expected a number in a Float32Array or number[]'],
    [[0, 0], box, 'has 2 elements, expected 1'],
    [null, box, 'is null, expected a number'],
  ])('%s', (action, make, message) => {
    const policy: Policy = { act: () => action as SpaceValue };
    const envs: [Env | ReturnType<typeof asVectorEnv>, string][] = [
      [make(), 'the environment'],
      [vectorize(make, 2), 'environment 0'],
    ];
    for (const [env, name] of envs) {
      expect(() => evaluate(policy, env, { episodes: 2 })).toThrow(new RegExp(`^action of ${name} `));
      expect(() => evaluate(policy, env, { episodes: 2 })).toThrow(message);
    }
  });
});

/** Two copies that do nothing, of which something is changed. */
function copies(changes: object): ReturnType<typeof asVectorEnv> {
  const env = vectorize(() => user(), 2);
  env.reset();
  return { ...env, reset: () => undefined, step: () => undefined, ...changes };
}

describe("copies of one's own", () => {
  test.each<[object, string]>([
    [{ rewards: [0, '1'] }, 'reward of environment 1 is "1", expected a finite number'],
    [{ terminated: Uint8Array.of(0, 2) }, 'terminated of environment 1 is 2, expected 0 or 1'],
    [{ truncated: Float32Array.of(NaN, 0) }, 'truncated of environment 0 is NaN, expected 0 or 1'],
    [
      { episodeReturns: Float64Array.of(0, NaN), terminated: Uint8Array.of(0, 1) },
      'episodeReturns of environment 1 is NaN, expected a finite number',
    ],
    [{ episodeReturns: [0, '1'] }, 'episodeReturns of environment 1 is "1", expected a finite number'],
    [{ episodeReturns: [1n, 0] }, 'episodeReturns of environment 0 is 1n, expected a finite number'],
    [
      { finalObservations: [0, 0, 0, NaN], terminated: Uint8Array.of(0, 1) },
      'final observation of environment 1 has NaN at [1], expected a finite number',
    ],
  ])('%s', (changes, message) => {
    expect(() => stepCopies(copies(changes), Int32Array.of(0, 0))).toThrow(new EnvError(message));
  });

  test('lists of numbers are as good as arrays', () => {
    const lists = { observations: [0, 1, 2, 3], finalObservations: [0, 1, 2, 3], terminated: [0, 1], rewards: [1, 2] };
    expect(() => stepCopies(copies(lists), Int32Array.of(0, 0))).not.toThrow();
  });

  test.each<[object, string]>([
    [{ numEnvs: 3 }, 'observations has 4 elements, expected 3 × 2'],
    [{ observations: new Float32Array(2) }, 'observations has 2 elements, expected 2 × 2'],
    [{ finalObservations: undefined }, 'finalObservations: expected 2 × 2 numbers, got undefined'],
    [{ rewards: undefined }, 'rewards: expected 2 × 1 numbers, got undefined'],
    [{ truncated: new Uint8Array(3) }, 'truncated has 3 elements, expected 2 × 1'],
    [{ episodeReturns: undefined }, 'episodeReturns: expected 2 × 1 numbers, got undefined'],
    [{ episodeLengths: new Int32Array(1) }, 'episodeLengths has 1 elements, expected 2 × 1'],
  ])('that are %s after a step', (changes, message) => {
    expect(() => stepCopies(copies(changes), Int32Array.of(0, 0))).toThrow(new RangeError(message));
  });

  test.each<[object, string]>([
    [{ numEnvs: 1.5 }, 'numEnvs is 1.5, expected a positive integer'],
    [{ rewards: new Float64Array(3) }, 'rewards has 3 elements, expected 2 × 1'],
    [{ finalObservations: new Float32Array(2) }, 'finalObservations has 2 elements, expected 2 × 2'],
    [{ episodeReturns: undefined }, 'episodeReturns is undefined, expected a list of numbers'],
    [{ maxEpisodeSteps: 1.5 }, 'maxEpisodeSteps is 1.5, expected a positive integer or Infinity'],
  ])('%s', (changes, message) => {
    for (const start of [asVectorEnv, (env: ReturnType<typeof asVectorEnv>) => evaluate(zero, env)]) {
      expect(() => start(copies(changes))).toThrow(RangeError);
      expect(() => start(copies(changes))).toThrow(message);
    }
  });
});

test.each([1.5, 0, NaN, '5', 5n, null])('a limit of %s steps is none', (maxEpisodeSteps) => {
  const env = user({ maxEpisodeSteps });
  for (const start of [() => evaluate(zero, env), () => vectorize(() => env, 1), () => episodeLimit(env)]) {
    expect(start).toThrow(RangeError);
    expect(start).toThrow(/maxEpisodeSteps .*expected a positive integer or Infinity|maxEpisodeSteps to be a positive/);
  }
});

test('a mask says 0 or 1', () => {
  const masked = (mask: unknown): Env => user({ actionMask: () => mask });
  const start = (mask: unknown) => () => {
    vectorize(() => masked(mask), 1).reset();
  };
  start([0, 1])();
  expect(start([0, NaN])).toThrow('action mask of environment 0 has NaN at [1], expected 0 or 1');
  expect(start(['1', 1])).toThrow('action mask of environment 0 has "1" at [0], expected 0 or 1');
  expect(start('11')).toThrow('action mask of environment 0 is "11", expected 2 zeros and ones');
  expect(() => {
    checkActionMasks([0, 1, 2, 0], 2);
  }).toThrow(new RangeError('actionMasks: expected 0 or 1, got 2 in row 1'));
});

test("copies of a vector environment of one's own are checked too", () => {
  const env = vectorize(() => user(), 2);
  env.reset();
  const bad = { ...env, rewards: Float64Array.of(0, NaN), step: () => undefined };
  expect(() => stepCopies(bad, Int32Array.of(0, 0))).toThrow(
    'reward of environment 1 is NaN, expected a finite number',
  );
  const late = { ...env, rewards: env.rewards, step: (): void => Promise.resolve() as unknown as undefined };
  expect(() => stepCopies(late, Int32Array.of(0, 0))).toThrow('step of the environments returned a Promise');
});

test('a changed reward is finite', () => {
  const result = { observation: 0, reward: 2, terminated: false, truncated: false };
  expect(withReward(withReward(result, 3), 4)).toEqual({ ...result, reward: 4, unwrappedReward: 2 });
  for (const reward of [NaN, 1e39, '5' as unknown as number]) {
    expect(() => withReward(result, reward)).toThrow('changed reward is');
  }
});

import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/training/agent.ts';
import { stepCopies } from '../../src/environments/checked-step.ts';
import type { Env } from '../../src/environments/env.ts';
import { EnvError } from '../../src/errors.ts';
import { evaluate } from '../../src/training/evaluate.ts';
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
    ['x', user, 'is string, expected an integer'],
    [0.5, user, 'is 0.5, expected an integer in [0, 1]'],
    [2, user, 'is 2, expected an integer in [0, 1]'],
    [undefined, user, 'is undefined, expected an integer'],
    [Promise.resolve(0), user, 'is object, expected an integer'],
    [[NaN], box, 'has NaN at [0], expected a finite number'],
    ['x', box, 'is "x", expected 1 numbers in a Float32Array or number[]'],
    [[0, 0], box, 'has 2 elements, expected 1'],
    [null, box, 'is null, expected 1 numbers'],
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

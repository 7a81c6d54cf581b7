import { Random, evaluate, linear, vectorize, type Env } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { coinCollector, textEnv } from '@gradus/envs/text';
import { Drrn, type DrrnOptions } from '@gradus/value-based';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { parametersOf } from '../support/parameters.ts';
import { textGame } from '../support/text-game.ts';

// Text worlds are registered in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const small: Partial<DrrnOptions> = {
  embeddingSize: 16,
  hiddenSize: 32,
  learningRate: 3e-3,
  batchSize: 32,
  learningStarts: 100,
  bufferSize: 5000,
  targetUpdateInterval: 100,
  exploration: { kind: 'epsilon', epsilon: linear(1, 0.05, 0.5) },
  seed: 1,
};

const words = () => textGame({ vocabulary: 16, maxActions: 4, maxWords: 2 });
const coin = () =>
  textEnv(coinCollector({ level: 2 }), {
    maxEpisodeSteps: 30,
    maxActions: 5,
    maxWords: 24,
    maxActionWords: 2,
    vocabulary: 512,
  });

describe.each<[string, Partial<DrrnOptions>]>([
  ['hashed n-grams', {}],
  ['bag of words', { encoding: { kind: 'words' } }],
  ['recurrent', { encoding: { kind: 'recurrent' } }],
  ['softmax', { exploration: { kind: 'softmax', temperature: linear(1, 0.05, 0.5) } }],
  ['good episodes', { sampling: { kind: 'episodes' }, nSteps: 2 }],
  ['by errors', { sampling: { kind: 'prioritized' } }],
])('%s', (_, changes) => {
  test('learns to do what it reads, wherever that stands among the actions', () => {
    const agent = new Drrn(vectorize(words, 4), { ...small, gamma: 0, ...changes });
    Array.from(agent.learn({ steps: 4000 }));
    expect(evaluate(agent, words(), { episodes: 10, seed: 3 }).meanReturn).toBeGreaterThan(9.5);
  });
});

test('finds the coin of a small world by the shortest way', () => {
  const agent = new Drrn(vectorize(coin, 4), { ...small, sampling: { kind: 'episodes' } });
  Array.from(agent.learn({ steps: 3000 }));
  expect(evaluate(agent, coin(), { episodes: 2, seed: 3 })).toMatchObject({ meanReturn: 1, lengths: [3, 3] });
});

describe.each<[string, () => Env, Partial<DrrnOptions>]>([
  [
    'softmax, good episodes',
    coin,
    { sampling: { kind: 'episodes' }, exploration: { kind: 'softmax', temperature: 0.1 } },
  ],
  ['ε, n-step returns by errors', coin, { sampling: { kind: 'prioritized' }, nSteps: 3, bufferSize: 300 }],
  ['recurrent', words, { encoding: { kind: 'recurrent' } }],
])('%s', (_, make, changes) => {
  const options = { ...small, embeddingSize: 4, hiddenSize: 4, ...changes };
  const create = (): Drrn => new Drrn(vectorize(make, 2), options);

  test('training that was stopped and went on gives the same bits', () => {
    const [whole, stopped] = [create(), create()];
    Array.from(whole.learn({ steps: 600 }));
    const progress = stopped.learn({ steps: 600 });
    while (stopped.step < 304) progress.next();
    const resumed = Drrn.load(stopped.checkpoint(), { env: vectorize(make, 2) });
    expect(resumed.resumed).toBe('exactly');
    Array.from(resumed.learn({ steps: 600 }));
    expect(parametersOf(resumed, 'online')).toEqual(parametersOf(whole, 'online'));
    expect(resumed.checkpoint()).toEqual(whole.checkpoint());
  });

  test('the same seed gives the same numbers, another one others', () => {
    const learned = (seed: number): number[] => {
      const agent = new Drrn(vectorize(make, 2), { ...options, seed });
      Array.from(agent.learn({ steps: 240 }));
      return parametersOf(agent, 'online');
    };
    expect(learned(1)).toEqual(learned(1));
    expect(learned(2)).not.toEqual(learned(1));
  });
});

test('acts the same when it is loaded without an environment', () => {
  const agent = new Drrn(coin(), { ...small, embeddingSize: 4, hiddenSize: 4, learningStarts: 8, bufferSize: 100 });
  Array.from(agent.learn({ steps: 40 }));
  const loaded = Drrn.load(agent.checkpoint());
  const env = coin();
  let { observation } = env.reset({ seed: 1 });
  const random = new Random(2);
  for (let step = 0; step < 20; step++) {
    expect(loaded.act(observation)).toBe(agent.act(observation));
    expect(loaded.actionValues(observation)).toEqual(agent.actionValues(observation));
    const next = env.step(random.integer(env.told.validActions.length));
    ({ observation } = next.terminated || next.truncated ? env.reset() : next);
  }
});

test('never does what is not there', () => {
  const agent = new Drrn(coin(), { ...small, embeddingSize: 4, hiddenSize: 4 });
  const env = coin();
  let { observation } = env.reset({ seed: 1 });
  for (let step = 0; step < 25; step++) {
    const action = Number(agent.act(observation));
    expect(action).toBeLessThan(env.told.validActions.length);
    const values = agent.actionValues(observation);
    expect([...values].filter(Number.isFinite)).toHaveLength(env.told.validActions.length);
    const next = env.step(action);
    ({ observation } = next.terminated || next.truncated ? env.reset() : next);
  }
});

test('says what is wrong', () => {
  expect(() => new Drrn(makeEnv('CartPole-v1'))).toThrow(
    'Drrn: expected observations of a text game (textEnv), a Dict with numbers of words, got Box(',
  );
  expect(() => new Drrn(makeEnv('Pendulum-v1'))).toThrow(/Drrn/);
  expect(() => new Drrn(coin(), { encoding: { kind: 'letters' } as never })).toThrow(
    /expected kind to be 'n-grams' or 'words' or 'recurrent', got "letters"/,
  );
  expect(() => new Drrn(coin(), { exploration: { kind: 'softmax', temperature: 0 } })).toThrow(/temperature/);
  expect(() => new Drrn(vectorize(coin, 3), {})).toThrow('trainFrequency: expected a multiple of 3');
});

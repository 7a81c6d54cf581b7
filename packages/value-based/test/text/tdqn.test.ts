import { readFileSync } from 'node:fs';
import { evaluate, linear, vectorize, type Env } from '@gradus/core';
import { ZMachineGame, coinCollector, textEnv, treasureHunt } from '@gradus/envs/text';
import { Tdqn, type TdqnOptions } from '@gradus/value-based';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { parametersOf } from '../support/parameters.ts';
import { textGame } from '../support/text-game.ts';

// Text worlds are registered in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const small: Partial<TdqnOptions> = {
  embeddingSize: 16,
  hiddenSize: 32,
  learningRate: 3e-3,
  // So that a step nearer is worth more than one further away, by more than a nudge of the supervised loss.
  gamma: 0.8,
  batchSize: 32,
  learningStarts: 100,
  bufferSize: 5000,
  targetUpdateInterval: 100,
  exploration: { kind: 'epsilon', epsilon: linear(1, 0.05, 0.5) },
  sampling: { kind: 'episodes' },
};
const shown = { maxEpisodeSteps: 30, maxActions: 8, maxWords: 32, maxActionWords: 6, vocabulary: 512 };

const words = () => textGame({ vocabulary: 16, maxActions: 4, maxWords: 2, hasTemplates: true });
const coin = () => textEnv(coinCollector({ level: 2 }), shown);
/** Behind a door, for which the key has to be found. */
const locked = () => textEnv(treasureHunt({ level: 4, world: 2 }), { ...shown, maxActions: 12 });

test('learns to do what it reads, by the values of nouns', () => {
  const agent = new Tdqn(vectorize(words, 4), { ...small, gamma: 0, seed: 1 });
  Array.from(agent.learn({ steps: 4000 }));
  expect(evaluate(agent, words(), { episodes: 10, seed: 3 }).meanReturn).toBeGreaterThan(9.5);
});

test.each([1, 2, 3])('finds the coin of a small world by the shortest way, seed %i', (seed) => {
  const agent = new Tdqn(vectorize(coin, 4), { ...small, seed });
  Array.from(agent.learn({ steps: 3000 }));
  expect(evaluate(agent, coin(), { episodes: 2, seed: 3 })).toMatchObject({ meanReturn: 1, lengths: [3, 3] });
});

test('learns which templates and nouns can be used, of which no reward tells', () => {
  const agent = new Tdqn(vectorize(locked, 4), { ...small, seed: 1 });
  const losses: number[] = [];
  for (const { metrics } of agent.learn({ steps: 2000 })) {
    if ('train/supervised_loss' in metrics) losses.push(metrics['train/supervised_loss']);
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  expect(mean(losses.slice(-20))).toBeLessThan(0.7 * mean(losses.slice(0, 5)));
});

test('plays story files by the templates of their grammar', () => {
  const story = readFileSync(new URL('../../../envs/stories/lighthouse.z5', import.meta.url));
  const env = textEnv(new ZMachineGame(story), { maxActions: 16, maxWords: 32, maxEpisodeSteps: 20 });
  const agent = new Tdqn(env, { ...small, learningStarts: 20, trainFrequency: 4, seed: 1 });
  Array.from(agent.learn({ steps: 60 }));
  const { observation } = env.reset({ seed: 1 });
  const values = [...agent.actionValues(observation)].filter(Number.isFinite);
  expect(values).toHaveLength(env.told.validActions.length);
  // Commands that differ in a noun have values of their own.
  expect(new Set(values).size).toBe(values.length);
});

describe.each<[string, () => Env]>([
  ['coins', coin],
  ['words', words],
])('in a game of %s', (_, make) => {
  const options = {
    ...small,
    embeddingSize: 4,
    hiddenSize: 4,
    exploration: { kind: 'softmax', temperature: 0.1 },
  } as const;

  test('training that was stopped and went on gives the same bits', () => {
    const create = (): Tdqn => new Tdqn(vectorize(make, 2), { ...options, seed: 1 });
    const [whole, stopped] = [create(), create()];
    Array.from(whole.learn({ steps: 600 }));
    const progress = stopped.learn({ steps: 600 });
    while (stopped.step < 304) progress.next();
    const resumed = Tdqn.load(stopped.checkpoint(), { env: vectorize(make, 2) });
    Array.from(resumed.learn({ steps: 600 }));
    expect(resumed.checkpoint()).toEqual(whole.checkpoint());
    // Without an environment it acts as before.
    const loaded = Tdqn.load(whole.checkpoint());
    const { observation } = make().reset({ seed: 1 });
    expect(loaded.actionValues(observation)).toEqual(whole.actionValues(observation));
    expect(parametersOf(new Tdqn(make(), { ...options, seed: 2 }), 'online')).not.toEqual(
      parametersOf(new Tdqn(make(), { ...options, seed: 1 }), 'online'),
    );
  });
});

test('says what is wrong', () => {
  const plain = textGame({ vocabulary: 16, maxActions: 4, maxWords: 2 });
  expect(() => new Tdqn(plain)).toThrow(
    "Tdqn: expected observations with a part 'templates', as textEnv makes them of games whose grammar is known, got actions, look, score",
  );
  expect(() => new Tdqn(coin(), { supervisedCoefficient: -1 })).toThrow(/supervisedCoefficient/);
});

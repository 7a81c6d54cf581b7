import { RewardModel, RewardTrainer, textRewards } from '@gradus/llm-rlhf';
import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';
import { expectClose } from './golden.ts';
import { contents, exactPreferences, tinyModel, trainTo, trueRewards } from './trainers.ts';

const rewardModel = (): RewardModel => new RewardModel(tinyModel(), new Random(2));

test('scores are what the head says of the last token, whatever stands beside', () => {
  const model = new RewardModel(tinyModel(), new Random(2), { rows: 2 });
  const texts = [[1, 2, 3], [4], [5, 0, 0, 1], [1, 2, 3]];
  const alone = texts.map((text) => {
    const tokens = (): t.Tensor => t.constant([1, text.length], text, 'int32');
    const last = (): t.Tensor => t.constant([1], [text.length - 1], 'int32');
    return (t.evaluate(() => textRewards(model.decoder, model.head, tokens(), last())) as Float32Array)[0];
  });
  expectClose(model.score(texts), alone, 1e-6);
  model.center(texts);
  const mean = alone.reduce((sum, reward) => sum + reward) / 4;
  expectClose(
    model.score(texts),
    alone.map((reward) => reward - mean),
    1e-6,
  );
  expect(() => model.score([[1], []])).toThrow('score: expected texts to be');
  expect(() => model.score([[1], [1, 1, 1, 1, 1]])).toThrow('score: text 1: expected at most 4 tokens, got 5');
});

test('finds the rewards from which preferences were drawn', async () => {
  const model = rewardModel();
  const rows = exactPreferences();
  const trainer = new RewardTrainer({ model, rows }, { batchSize: rows.length, learningRate: 0.01 });
  const metrics = await trainTo(trainer, 400 * rows.length);
  const rewards = model.score([
    [1, 2],
    [1, 3],
    [1, 4],
  ]);
  expectClose(
    rewards.map((reward) => reward - rewards[0]),
    trueRewards,
    0.01,
  );
  // Of 45 labels 13 are of the less likely kind.
  expect(metrics[399].accuracy).toBeCloseTo(32 / 45, 6);
  trainer.dispose();
});

test('a margin is asked for of the rows that have one', async () => {
  const model = rewardModel();
  const [low, high] = model.score([
    [1, 2],
    [1, 3],
  ]);
  const row = { prompt: [1], chosen: [3], rejected: [2] };
  const trainer = new RewardTrainer(
    { model, rows: [row, { ...row, margin: 0.5 }] },
    { batchSize: 2, centeringCoefficient: 0.01 },
  );
  const [metrics] = await trainTo(trainer, 2);
  const cost = (margin: number): number => Math.log1p(Math.exp(margin - (high - low)));
  expect(metrics.loss).toBeCloseTo((cost(0) + cost(0.5)) / 2 + 0.01 * (high + low) ** 2, 5);
  expect(metrics.margin).toBeCloseTo(high - low, 5);
  expect(metrics.min_reward).toBeCloseTo(Math.min(low, high), 5);
});

test('stopped and resumed is the same as uninterrupted', async () => {
  const rows = exactPreferences();
  const options = { batchSize: 4, learningRate: 0.01 };
  const whole = new RewardTrainer({ model: rewardModel(), rows }, options);
  await trainTo(whole, 80);
  const first = new RewardTrainer({ model: rewardModel(), rows }, options);
  for (const { step } of first.learn({ steps: 80 })) if (step >= 48) break;
  const second = RewardTrainer.restore(first.checkpoint(), { rows });
  await trainTo(second, 80);
  expect(contents(second.checkpoint())).toEqual(contents(whole.checkpoint()));
});

import { copyDecoder, DpoTrainer } from '@gradus/llm-rlhf';
import { expect, test } from 'vitest';
import { expectClose } from './golden.ts';
import { contents, exactPreferences, nextLogProbabilities, tinyModel, trainTo, trueRewards } from './trainers.ts';

test.each([0.5, 2])('arrives at π ∝ π_ref exp(r / β), β = %d, where preferences are drawn from r', async (beta) => {
  const model = tinyModel();
  const before = nextLogProbabilities(model, [1]);
  const rows = exactPreferences();
  const trainer = new DpoTrainer(
    { model, rows },
    { batchSize: rows.length, learningRate: 0.01, loss: { kind: 'sigmoid', beta } },
  );
  const metrics = await trainTo(trainer, 400 * rows.length);
  expect(metrics[0].loss).toBeCloseTo(Math.LN2, 6);
  expect(metrics[0]['rewards/margins']).toBeCloseTo(0, 6);
  const after = nextLogProbabilities(model, [1]);
  const rewards = [2, 3, 4].map((token) => beta * (after[token] - before[token]));
  expectClose(
    rewards.map((reward) => reward - rewards[0]),
    trueRewards,
    0.01,
  );
  trainer.dispose();
});

test('a reference that is given is the one that counts, and stays as it is', async () => {
  const rows = exactPreferences();
  const reference = tinyModel({ seed: 5 });
  const kept = copyDecoder(reference);
  const model = tinyModel();
  const [policy, other] = [model, reference].map((decoder) => nextLogProbabilities(decoder, [1]));
  const trainer = new DpoTrainer({ model, reference, rows }, { batchSize: rows.length });
  const [metrics] = await trainTo(trainer, rows.length);
  const implicit = (token: number): number => 0.1 * (policy[token] - other[token]);
  const expected = rows.map(({ chosen, rejected }) => implicit(chosen[0]) - implicit(rejected[0]));
  expect(metrics['rewards/margins']).toBeCloseTo(expected.reduce((sum, margin) => sum + margin) / rows.length, 5);
  expect(nextLogProbabilities(reference, [1])).toEqual(nextLogProbabilities(kept, [1]));
});

test('stopped and resumed is the same as uninterrupted', async () => {
  const rows = exactPreferences();
  const options = { batchSize: 4, learningRate: 0.01 };
  const whole = new DpoTrainer({ model: tinyModel(), rows }, options);
  await trainTo(whole, 80);
  const first = new DpoTrainer({ model: tinyModel(), rows }, options);
  for (const { step } of first.learn({ steps: 80 })) if (step >= 24) break;
  const second = DpoTrainer.restore(first.checkpoint(), { rows });
  await trainTo(second, 80);
  expect(contents(second.checkpoint())).toEqual(contents(whole.checkpoint()));
});

test('what is wrong is refused by name', () => {
  const model = tinyModel();
  const rows = exactPreferences();
  expect(() => new DpoTrainer({ model, rows, reference: tinyModel({ vocabulary: 7 }) })).toThrow(
    'DpoTrainer: expected a reference with 6 tokens as the model has, got 7',
  );
  const loss = { kind: 'ipo', beta: 0 } as const;
  expect(() => new DpoTrainer({ model, rows }, { loss })).toThrow('expected beta to be a positive number, got 0');
});

import { DivergenceError } from '@gradus/core';
import { heldOutLoss, SftTrainer, type CompletionExample } from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, type Numbers } from './golden.ts';
import { load } from './load.ts';
import { contents, tinyModel, trainTo } from './trainers.ts';

const rows: CompletionExample[] = [
  { prompt: [1], completion: [2, 3, 0] },
  { prompt: [1, 4], completion: [0] },
  { prompt: [], completion: [5, 5, 0] },
  { prompt: [3], completion: [2, 0] },
  { prompt: [4], completion: [4, 4] },
];

describe.each(['gpt2', 'llama', 'gptneox'])('%s', (name) => {
  test('five steps of AdamW have the losses of transformers', async () => {
    const { golden, decoder } = load(name) as ReturnType<typeof load> & {
      golden: { input_ids: number[][]; adamw: { lr: number; losses: Numbers } };
    };
    const texts = golden.input_ids.map((completion) => ({ prompt: [], completion }));
    const options = { learningRate: golden.adamw.lr, batchSize: texts.length, maxGradNorm: null };
    const trainer = new SftTrainer({ model: decoder, rows: texts }, options);
    const metrics = await trainTo(trainer, 5 * texts.length);
    expectClose(
      metrics.map(({ loss }) => loss),
      golden.adamw.losses,
      1e-4,
    );
    trainer.dispose();
  });
});

test.each([0, 0.25, 1])('tokens of prompts weigh %d', (promptLossWeight) => {
  const model = tinyModel();
  let [total, weights] = [0, 0];
  for (const { prompt, completion } of rows) {
    const tokens = [...Array.from(prompt), ...Array.from(completion)];
    const all = t.evaluate(() =>
      t.logSoftmax(model.logits(t.constant([1, tokens.length], tokens, 'int32'))),
    ) as Float32Array;
    for (let i = 1; i < tokens.length; i++) {
      const weight = i < prompt.length ? promptLossWeight : 1;
      total -= weight * all[(i - 1) * 6 + tokens[i]];
      weights += weight;
    }
  }
  const trainer = new SftTrainer({ model, rows }, { promptLossWeight, batchSize: 5 });
  const [{ value }] = [trainer.learn({ steps: 5 }).next()] as [{ value: { metrics: Record<string, number> } }];
  expectClose([value.metrics.loss], total / weights, 1e-5);
  expect(value.metrics.num_tokens).toBe(16);
  expect(value.metrics.epoch).toBe(1);
  trainer.dispose();
});

test('what the mask leaves out is read, and not imitated', () => {
  const masked = [{ prompt: [1], completion: [2, 3, 0], mask: [1, 0, 1] }];
  const model = tinyModel();
  const all = t.evaluate(() => t.logSoftmax(model.logits(t.constant([1, 4], [1, 2, 3, 0], 'int32')))) as Float32Array;
  const expected = -(all[2] + all[2 * 6]) / 2;
  const trainer = new SftTrainer({ model, rows: masked }, { batchSize: 1 });
  expect(heldOutLoss(model, masked)).toBeCloseTo(expected, 5);
  const { value } = trainer.learn({ steps: 1 }).next() as { value: { metrics: Record<string, number> } };
  expect(value.metrics.loss).toBeCloseTo(expected, 5);
  const wrong = (mask: number[]) => () => new SftTrainer({ model, rows: [{ ...masked[0], mask }] });
  expect(wrong([1, 0])).toThrow(
    'SftTrainer: row 0: expected mask to be 0 and 1 for each of 3 tokens, with at least one 1, got 2 of which 1 are 1',
  );
  expect(wrong([0, 0, 0])).toThrow('got 3 of which 0 are 1');
  expect(wrong([1, 2, 0])).toThrow('got [1,2,0]');
});

test('the loss of a model whose weights are not finite is no number, and an error', () => {
  const model = tinyModel();
  const [weights] = Object.values(model.parameters);
  weights.write(new Float32Array(weights.read().length).fill(NaN));
  expect(() => heldOutLoss(model, rows.slice(0, 1))).toThrow(new DivergenceError('heldOutLoss: the loss is NaN'));
});

test('stopped and resumed is the same as uninterrupted', async () => {
  const options = { batchSize: 2, learningRate: { kind: 'linear', from: 1e-2, to: 0, until: 1 } as const };
  const whole = new SftTrainer({ model: tinyModel(), rows }, options);
  await trainTo(whole, 24);
  const first = new SftTrainer({ model: tinyModel(), rows }, options);
  for (const { step } of first.learn({ steps: 24 })) if (step >= 10) break;
  expect(first.step).toBe(10);
  const second = SftTrainer.restore(first.checkpoint(), { rows });
  expect(second.options).toEqual(first.options);
  await trainTo(second, 24);
  expect(contents(second.checkpoint())).toEqual(contents(whole.checkpoint()));
});

test('what is wrong is refused by name', () => {
  const model = tinyModel();
  expect(() => new SftTrainer({ model, rows: [] })).toThrow(
    'SftTrainer: expected a list of at least one example, got []',
  );
  expect(() => new SftTrainer({ model, rows: [rows[0], { prompt: [1], completion: [2, 3, 4, 5] }] })).toThrow(
    "SftTrainer: row 1: expected at most 4 tokens, the model's longest text, got 5",
  );
  expect(() => new SftTrainer({ model, rows }, { batchSize: 0 })).toThrow('batchSize');
  expect(() =>
    SftTrainer.restore({ ...new SftTrainer({ model, rows }).checkpoint(), algorithm: 'dpo' }, { rows }),
  ).toThrow("checkpoint: expected algorithm 'rlhf-sft', got 'dpo'");
  const saved = new SftTrainer({ model, rows }).checkpoint();
  expect(() => SftTrainer.restore(saved, { rows: rows.slice(1) })).toThrow("state 'order'");
});

test('a step size that is too large ends with an error', async () => {
  const trainer = new SftTrainer({ model: tinyModel(), rows }, { learningRate: 1e30, maxGradNorm: null });
  await expect(trainTo(trainer, 80)).rejects.toThrow(/^rlhf-sft: .* is (NaN|-?Infinity) at step \d+|rlhf-sft: .* has/);
});

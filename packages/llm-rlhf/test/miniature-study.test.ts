import { heldOutLoss, preferenceAccuracy } from '@gradus/llm-rlhf';
import {
  miniatureMethods,
  miniatureSettings,
  prepareMiniature,
  scoreMiniature,
  trainMiniature,
  withFewerLabels,
  type PreparedMiniature,
} from '@gradus/llm-rlhf/miniature';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';
import { nextLogProbabilities } from './trainers.ts';

/** Far too little of everything, but all stages. */
const prepare = (): PreparedMiniature => prepareMiniature({ seed: 3, sftLoss: 10, pairs: 240, rewardEpochs: 1 });
const prepared = prepare();

test('the same seed makes the same models', () => {
  const again = prepare();
  expect(t.saveParameters(again.sft.parameters)).toEqual(t.saveParameters(prepared.sft.parameters));
  expect(t.saveParameters(again.rewardModel.parameters)).toEqual(t.saveParameters(prepared.rewardModel.parameters));
  expect(again.rewardModelAccuracy).toBe(prepared.rewardModelAccuracy);
  expect(prepared.sftSteps).toBe(250);
  expect(prepared.preferences).toHaveLength(220);
});

test('of fewer labels another reward model is made, and nothing else', () => {
  const [few, again] = [1, 2].map(() => withFewerLabels(prepared, { seed: 3, pairs: 64, rewardEpochs: 1 }));
  expect(few.preferences).toEqual(prepared.preferences.slice(0, 64));
  expect([few.sft, few.data, few.heldPreferences]).toEqual([prepared.sft, prepared.data, prepared.heldPreferences]);
  expect(prepared.heldPreferences).toHaveLength(20);
  expect(few.rewardModelAccuracy).toBe(preferenceAccuracy(few.rewardModel, prepared.heldPreferences));
  expect(t.saveParameters(few.rewardModel.parameters)).toEqual(t.saveParameters(again.rewardModel.parameters));
  expect(t.saveParameters(few.rewardModel.parameters)).not.toEqual(t.saveParameters(prepared.rewardModel.parameters));
  expect(() => withFewerLabels(prepared, { seed: 3, pairs: 0 })).toThrow('withFewerLabels: expected pairs to be');
});

test('reward models are centred on human summaries', () => {
  const human = prepared.data.validation.map(({ prompt, completion }) => [
    ...Array.from(prompt),
    ...Array.from(completion),
  ]);
  const rewards = prepared.rewardModel.score(human);
  expect(rewards.reduce((sum, reward) => sum + reward) / rewards.length).toBeCloseTo(0, 5);
});

test.each(miniatureMethods)('%s moves away from supervised fine-tuning, and leaves that as it is', async (method) => {
  const before = t.saveParameters(prepared.sft.parameters);
  const policy = await trainMiniature(method, prepared, { seed: 1, episodes: 192 });
  expect(t.saveParameters(prepared.sft.parameters)).toEqual(before);
  expect(scoreMiniature(policy, prepared, { seed: 1, temperature: 1 }).kl).toBeGreaterThan(0);
});

test('step sizes and β that are not given are those that were chosen', async () => {
  const weights = async (changes: { readonly learningRate?: number; readonly beta?: number } = {}) =>
    t.saveParameters((await trainMiniature('rloo-2', prepared, { seed: 1, episodes: 192, ...changes })).parameters);
  const chosen = miniatureSettings.methods['rloo-2'];
  expect(await weights(chosen)).toEqual(await weights());
  expect(await weights({ learningRate: 2 * chosen.learningRate })).not.toEqual(await weights());
  expect(await weights({ beta: 2 * chosen.beta })).not.toEqual(await weights());

  const rewarded = (changes: { readonly rewardEpochs?: number; readonly rewardLearningRate?: number } = {}) =>
    t.saveParameters(withFewerLabels(prepared, { seed: 3, pairs: 64, ...changes }).rewardModel.parameters);
  const { epochs, learningRate } = miniatureSettings.rewardModel;
  expect(rewarded({ rewardEpochs: epochs, rewardLearningRate: learningRate })).toEqual(rewarded());
  expect(rewarded({ rewardLearningRate: 2 * learningRate })).not.toEqual(rewarded());
});

test('nothing is between a policy and itself', () => {
  expect(scoreMiniature(prepared.sft, prepared, { seed: 1, temperature: 1 }).kl).toBe(0);
});

test('what held-out texts cost is −log π of their tokens', () => {
  const rows = [
    { prompt: [3, 4], completion: [5, 1] },
    { prompt: [6], completion: [1] },
  ];
  const costs = [nextLogProbabilities(prepared.sft, [3, 4])[5], nextLogProbabilities(prepared.sft, [3, 4, 5])[1]];
  costs.push(nextLogProbabilities(prepared.sft, [6])[1]);
  expect(heldOutLoss(prepared.sft, rows)).toBeCloseTo(-costs.reduce((sum, each) => sum + each) / 3, 5);
  expect(() => heldOutLoss(prepared.sft, [{ prompt: [], completion: [1] }])).toThrow(
    'heldOutLoss: row 0: expected prompt to have at least 1 token, got none',
  );
});

test('a reward model is right where it scores what was chosen higher', () => {
  const { rewardModel } = prepared;
  const [low, high] = [[5], [7]].sort((a, b) => rewardModel.score([[3, ...a]])[0] - rewardModel.score([[3, ...b]])[0]);
  const right = { prompt: [3], chosen: high, rejected: low };
  const wrong = { prompt: [3], chosen: low, rejected: high };
  const same = { prompt: [3], chosen: low, rejected: low };
  expect(preferenceAccuracy(rewardModel, [right, right, wrong, same])).toBe(0.625);
});

test('what is wrong is refused by name', async () => {
  expect(() => prepareMiniature({ seed: -1 })).toThrow('prepareMiniature: expected seed to be');
  expect(() => prepareMiniature({ seed: 0, pairs: 1.5 })).toThrow('prepareMiniature: expected pairs to be');
  await expect(trainMiniature('kto' as 'dpo', prepared, { seed: 0 })).rejects.toThrow(
    "expected method to be one of 'dpo', 'reinforce'",
  );
  expect(() => prepareMiniature({ seed: 0, rewardLearningRate: 0 })).toThrow('expected rewardLearningRate to be');
  expect(() => withFewerLabels(prepared, { seed: 0, pairs: 1, rewardLearningRate: -1 })).toThrow(
    'expected rewardLearningRate to be',
  );
  await expect(trainMiniature('dpo', prepared, { seed: 0, learningRate: 0 })).rejects.toThrow(
    'expected learningRate to be',
  );
  const wrong = trainMiniature('dpo', prepared, { seed: 0, episodes: 0 });
  await expect(wrong).rejects.toThrow('expected episodes to be a positive integer, got 0');
  expect(() => scoreMiniature(prepared.sft, prepared, { seed: 0, temperature: -1 })).toThrow(
    'expected temperature to be',
  );
});

// Makes what the demo of reinforcement learning from human feedback begins with, supervised fine-tuning and a reward model, and writes both into pretrained/. In this folder:
//
//     node --conditions=@gradus/source --import ../../../tooling/scripts/run-typescript.mjs train-rlhf.ts
import { writeFile } from 'node:fs/promises';
import { linear, piecewise, Random } from '@gradus/core';
import { completeAll, heldOutLoss, preferenceAccuracy, RewardTrainer, SftTrainer } from '@gradus/llm-rlhf';
import { END, labelPairs, makeMiniature, SUMMARY_LENGTH } from '@gradus/llm-rlhf/miniature';
import { copyParameters, decodeSafetensors, saveParameters, type Parameters } from '@gradus/tensor';
import { encodeHalf } from './engine/half-precision.ts';
import { createModels } from './rlhf-model.ts';

// Another seed than the demo's, so that its posts were not learned from.
const seed = 1001;
const BATCH = 64;
const SFT_STEPS = 5000;
const PAIRS = 8000;
const HELD = 500;
const EPOCHS = 4;

const random = new Random(seed);
const { sft, rewardModel } = createModels(random);
const data = makeMiniature({ seed, prompts: PAIRS });

const tuning = new SftTrainer(
  { model: sft, rows: data.training },
  {
    learningRate: piecewise([
      [0, 3e-3],
      [0.5, 3e-3],
      [1, 0],
    ]),
    ...{ seed, batchSize: BATCH, promptLossWeight: 0.1, weightDecay: 0.01 },
  },
);
for (const { step } of tuning.learn({ steps: SFT_STEPS * BATCH })) {
  if (step % (1000 * BATCH) === 0) console.log(`${step / BATCH}: a token costs ${heldOutLoss(sft, data.validation)}`);
}

const twice = data.prompts.flatMap((prompt) => [prompt, prompt]);
const written = completeAll(sft, twice, { maxNewTokens: SUMMARY_LENGTH, stopTokens: [END], random });
const drawn = data.prompts.map(({ prompt }, i) => ({
  prompt,
  first: written[2 * i].tokens,
  second: written[2 * i + 1].tokens,
}));
const labelled = labelPairs(drawn, random);
copyParameters(sft.parameters, rewardModel.decoder.parameters);
const rows = labelled.slice(HELD);
const rewarding = new RewardTrainer(
  { model: rewardModel, rows },
  { seed, learningRate: linear(2e-3, 0), batchSize: BATCH, weightDecay: 0.01 },
);
Array.from(rewarding.learn({ steps: EPOCHS * rows.length }));
console.log(`the reward model is right about ${preferenceAccuracy(rewardModel, labelled.slice(0, HELD))} of pairs`);

const stored = (prefix: string, parameters: Parameters): ReturnType<typeof decodeSafetensors> =>
  Object.fromEntries(
    Object.entries(decodeSafetensors(saveParameters(parameters))).map(([name, tensor]) => [prefix + name, tensor]),
  );
const tensors = { ...stored('sft/', sft.parameters), ...stored('reward/', rewardModel.parameters) };
await writeFile(new URL('pretrained/rlhf.safetensors', import.meta.url), encodeHalf(tensors));

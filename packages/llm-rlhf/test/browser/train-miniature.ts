import { Random } from '@gradus/core';
import { createDecoder, heldOutLoss, RlooTrainer, SftTrainer, type RewardFunction } from '@gradus/llm-rlhf';
import { END, makeMiniature, miniatureModel, miniatureTokenizer, SUMMARY_LENGTH } from '@gradus/llm-rlhf/miniature';
import { defaultDevice } from '@gradus/tensor';

/** What came of a short training: costs of held-out tokens before and after supervised fine-tuning, and mean rewards of the rounds of RLOO after it. */
export interface Trained {
  readonly device: string;
  readonly losses: readonly number[];
  readonly rewards: readonly number[];
}

/** The shorter the better. */
const brevity: RewardFunction = (_prompts, completions) =>
  completions.map((completion) => 1 - completion.split(' ').length / SUMMARY_LENGTH);

/** Supervised fine-tuning of the miniature, then RLOO, in seconds. */
export async function trainMiniature(): Promise<Trained> {
  const { training, validation, prompts } = makeMiniature({ seed: 1, training: 4000, validation: 64, prompts: 2000 });
  const model = createDecoder(miniatureModel, new Random(1));
  const losses = [heldOutLoss(model, validation)];
  const tuning = new SftTrainer(
    { model, rows: training },
    { batchSize: 32, learningRate: 3e-3, promptLossWeight: 0.1 },
  );
  Array.from(tuning.learn({ steps: 32 * 300 }));
  losses.push(heldOutLoss(model, validation));

  const inputs = { model, prompts, reward: brevity, tokenizer: miniatureTokenizer(), endOfText: END };
  const options = { batchSize: 64, maxNewTokens: SUMMARY_LENGTH, learningRate: 2e-4, groupSize: 4 };
  const rewards: number[] = [];
  for await (const { metrics } of new RlooTrainer(inputs, options).learn({ steps: 64 * 30 }))
    rewards.push(metrics.reward);
  return { device: defaultDevice().name, losses, rewards };
}

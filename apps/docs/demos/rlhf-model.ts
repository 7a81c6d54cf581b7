import { Random } from '@gradus/core';
import { createDecoder, RewardModel, type Decoder } from '@gradus/llm-rlhf';
import { miniatureModel } from '@gradus/llm-rlhf/miniature';

/** A quarter of the miniature's weights, 16,032: it learns less well, and a page has it at once. */
const config = { ...miniatureModel, n_embd: 24, n_head: 2 };

/** The two models that the demo begins with, with new weights. */
export function createModels(random: Random): { readonly sft: Decoder; readonly rewardModel: RewardModel } {
  return {
    sft: createDecoder(config, random.fork('model')),
    rewardModel: new RewardModel(createDecoder(config, random.fork('reward model')), random.fork('head')),
  };
}

import type { MiniatureMethod } from '@gradus/llm-rlhf/miniature';

/** Win rates over human summaries that the lecture's table has, of models with 6.9 billion weights on TL;DR (S7.3). */
export const lectureWinRates: Readonly<Partial<Record<MiniatureMethod | 'sft', number>>> = {
  sft: 0.452,
  dpo: 0.684,
  reinforce: 0.707,
  ppo: 0.776,
  'rloo-2': 0.742,
  'rloo-4': 0.779,
  rebel: 0.781,
};

import { Random } from '@gradus/core';
import { checkOptions, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import type { CompletionExample, PromptExample } from '../data/examples.ts';
import { drawPost, type Post } from './post.ts';
import { humanSummary } from './summaries.ts';

/** How much of the miniature is made. */
export interface MiniatureOptions {
  /** All follows from it. Default 0. */
  readonly seed?: number;
  /** Posts with human summaries to learn from. Default 12,000. */
  readonly training?: number;
  /** Posts with human summaries that say when learning has been enough. Default 1,000. */
  readonly validation?: number;
  /** Posts that are summarized by the model, for pairs to be labelled and for learning from rewards. Default 24,000. */
  readonly prompts?: number;
  /** Posts with human summaries that the summaries of models are compared with in the end. Default 1,000. */
  readonly heldOut?: number;
}

/** Posts and human summaries for each step of the way from supervised fine-tuning to a win rate. No post is in two of them. */
export interface Miniature {
  readonly training: readonly CompletionExample[];
  readonly validation: readonly CompletionExample[];
  readonly prompts: readonly PromptExample[];
  readonly heldOut: readonly CompletionExample[];
}

/**
 * Draws the posts and human summaries of a miniature of "TL;DR" (Stiennon et al., 2020), on which reinforcement learning from human feedback takes minutes: posts
 * of 18 tokens, summaries of 12 at most, in a language of 34 words. Labels come from `labelPairs`, win rates from `winRate`.
 * @throws RangeError for sizes that are no positive integers.
 */
export function makeMiniature(options: MiniatureOptions = {}): Miniature {
  checkOptions('makeMiniature', options, {
    seed: optional(naturalNumber),
    training: optional(positiveInteger),
    validation: optional(positiveInteger),
    prompts: optional(positiveInteger),
    heldOut: optional(positiveInteger),
  });
  const { seed = 0, training = 12_000, validation = 1000, prompts = 24_000, heldOut = 1000 } = options;
  const random = new Random(seed);
  const seen = new Set<string>();
  const newPost = (own: Random): Post => {
    for (;;) {
      const post = drawPost(own);
      const key = post.tokens.join(' ');
      if (seen.has(key)) continue;
      seen.add(key);
      return post;
    }
  };
  // Each has a stream of its own, so that the size of one changes no other.
  const summarized = (name: string, length: number): CompletionExample[] => {
    const own = random.fork(name);
    return Array.from({ length }, () => {
      const post = newPost(own);
      return { prompt: post.tokens, completion: humanSummary(post.clauses, own) };
    });
  };
  const asked = random.fork('prompts');
  return {
    heldOut: summarized('held out', heldOut),
    validation: summarized('validation', validation),
    training: summarized('training', training),
    prompts: Array.from({ length: prompts }, () => ({ prompt: newPost(asked).tokens })),
  };
}

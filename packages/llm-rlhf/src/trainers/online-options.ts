import * as t from '@gradus/tensor';
import { tokenId } from '../checks.ts';
import type { PromptExample } from '../data/examples.ts';
import type { Row } from '../data/rows.ts';
import type { EpisodePlayerOptions, EpisodeTokenizer } from '../environments/episode-player.ts';
import type { TextEnvironment } from '../environments/text-environment.ts';
import { samplingChecks, type SamplingOptions } from '../generation/sampling.ts';
import type { Decoder } from '../model/decoder.ts';
import { missingEndCheck, type MissingEnd } from '../rewards/missing-end.ts';
import { referenceSyncCheck, type ReferenceSync } from './reference.ts';
import type { NamedReward, Reward, TextCodec } from './rewards.ts';
import { trainerChecks, trainerDefaults, type TrainerOptions } from './trainer.ts';

/** Options of trainers that learn from what the model writes. A round generates completions, rewards them, and learns from them. */
export interface OnlineOptions extends TrainerOptions, Required<SamplingOptions> {
  /** Completions of a round, or episodes. Default 64. */
  readonly batchSize: number;
  /** Tokens of the longest completion, or of the longest turn. Default 53 (Stiennon et al., 2020, TL;DR). */
  readonly maxNewTokens: number;
  /** What a completion without end-of-text scores, see {@link MissingEnd}. Default `null`: what it is rewarded with. */
  readonly missingEnd: MissingEnd | null;
  /** Passes over the completions of a round. */
  readonly epochs: number;
  /** Steps of each pass, which divide a round's prompts evenly. Default 1. */
  readonly minibatches: number;
  /** Whether π_ref follows the policy, and how. Default `null`: it does not. */
  readonly referenceSync: ReferenceSync | null;
}

/** All tokens are drawn, at temperature 1: log π is then that of the policy that is trained (TRL). */
export const onlineDefaults: Omit<OnlineOptions, 'learningRate' | 'epochs'> = {
  ...trainerDefaults,
  temperature: 1,
  topK: null,
  topP: 1,
  batchSize: 64,
  maxNewTokens: 53,
  missingEnd: null,
  minibatches: 1,
  referenceSync: null,
};

/** What each of these options must be. */
export const onlineChecks: { readonly [Name in keyof OnlineOptions]: t.OptionCheck } = {
  ...trainerChecks,
  ...samplingChecks,
  // What is always taken is not learned from; and logits must stay finite in float32 when they are divided.
  temperature: {
    expected: 'a number of at least 1e-6',
    accepts: (value) => typeof value === 'number' && value >= 1e-6 && value < Infinity,
  },
  batchSize: t.positiveInteger,
  maxNewTokens: t.positiveInteger,
  missingEnd: t.nullable(missingEndCheck),
  epochs: t.positiveInteger,
  minibatches: t.positiveInteger,
  referenceSync: t.nullable(referenceSyncCheck),
};

/** What trainers that learn from what the model writes are given: prompts, or an environment. */
export type OnlineInputs = PromptInputs | EnvironmentInputs;

interface PolicyInputs {
  /** What is trained: its own weights change. */
  readonly model: Decoder;
  /** π_ref, from which the policy should not stray. Default: a copy of the model. */
  readonly reference?: Decoder | undefined;
  /** The token that ends a completion, or a turn. */
  readonly endOfText: number;
}

/** Prompts that are completed, and what completions are worth. */
export interface PromptInputs extends PolicyInputs {
  readonly prompts: readonly PromptExample[];
  /** What completions are rewarded by, or several. */
  readonly reward: Reward | readonly NamedReward[];
  /** Needed where a reward is a function, which sees texts. */
  readonly tokenizer?: TextCodec | undefined;
  readonly environment?: undefined;
}

/** An environment in which episodes of several turns are played (TRL: `environment_factory`). */
export interface EnvironmentInputs
  extends PolicyInputs, Pick<EpisodePlayerOptions, 'maxLength' | 'maxTurns' | 'format'> {
  /** Makes a new one for each episode. What it draws should follow from its row alone, else a training that is resumed is not the same as one that never stopped. */
  readonly environment: () => TextEnvironment;
  /** What episodes begin with, as prompts elsewhere. */
  readonly rows: readonly Row[];
  readonly tokenizer: EpisodeTokenizer;
  readonly reward?: undefined;
}

/** Throws `RangeError` for an end that the model has no token for, and a batch that is not of whole groups. */
export function checkRounds(
  subject: string,
  { model, endOfText }: PolicyInputs,
  { batchSize, groupSize, minibatches }: OnlineOptions & { readonly groupSize: number },
): void {
  const { vocabulary } = model.sizes;
  t.checkArguments(subject, { endOfText }, { endOfText: tokenId });
  if (endOfText >= vocabulary) {
    throw new RangeError(
      `${subject}: expected endOfText to be one of the model's ${vocabulary} tokens, got ${endOfText}`,
    );
  }
  if (batchSize % (groupSize * minibatches) !== 0) {
    const unit = `${groupSize} completions of a prompt × ${minibatches} minibatches`;
    throw new RangeError(`${subject}: expected batchSize to be a multiple of ${unit}, got ${batchSize}`);
  }
}

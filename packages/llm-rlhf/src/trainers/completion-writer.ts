import type { Random } from '@gradus/core';
import type * as t from '@gradus/tensor';
import { checkPromptExamples } from '../data/examples.ts';
import { TextGenerator } from '../generation/text-generator.ts';
import { truncateCompletions } from '../rewards/completions.ts';
import type { OnlineOptions, PromptInputs } from './online-options.ts';
import { Rewards } from './rewards.ts';
import type { TextWriter, Written } from './text-writer.ts';
import type { Text, TextRoom } from './texts.ts';

/** Completes prompts, and has reward models and functions say what completions are worth. */
export class CompletionWriter implements TextWriter {
  readonly room: TextRoom;
  private readonly inputs: PromptInputs;
  private readonly options: OnlineOptions;
  private readonly rewards: Rewards;
  private readonly generator: TextGenerator;

  /** Throws `RangeError` for prompts that are none or too long, and what is no reward. */
  constructor(
    subject: string,
    inputs: PromptInputs,
    options: OnlineOptions & { readonly groupSize: number },
    device: t.Device,
  ) {
    const { model, prompts, endOfText } = inputs;
    const { batchSize, groupSize, maxNewTokens } = options;
    checkPromptExamples(subject, prompts, model.sizes.vocabulary);
    const promptLength = prompts.reduce((longest, { prompt }) => Math.max(longest, prompt.length), 0);
    this.inputs = inputs;
    this.options = options;
    this.room = {
      rows: batchSize,
      group: groupSize,
      time: maxNewTokens,
      positions: promptLength + groupSize * maxNewTokens,
    };
    this.rewards = new Rewards(subject, inputs.reward, inputs.tokenizer, endOfText);
    this.generator = new TextGenerator(model, { rows: batchSize, promptLength, maxNewTokens, device });
  }

  get rowCount(): number {
    return this.inputs.prompts.length;
  }

  async write(chosen: readonly number[], random: Random): Promise<Written> {
    const { prompts, endOfText } = this.inputs;
    const { temperature, topK, topP } = this.options;
    const { time } = this.room;
    const rows = chosen.map((row) => prompts[row]);
    const { tokens, logProbabilities } = this.generator.generate(
      rows.map(({ prompt }) => prompt),
      { temperature, topK, topP, stopTokens: [endOfText], random },
    );
    // What stands behind an end is never looked at; it only must be another token.
    const completions = truncateCompletions(tokens, time, endOfText, endOfText === 0 ? 1 : 0);
    const texts = rows.map(({ prompt }, i) => {
      const first = i * time;
      return { prompt, completion: Array.from(completions.tokens.subarray(first, first + completions.lengths[i])) };
    });
    const each = await this.rewards.each({ rows, completions: texts.map(({ completion }) => completion) });
    const rewards = Object.fromEntries(this.rewards.names.map((name, i) => [name, each[i]]));
    return { texts, completions, logProbabilities, rewards, scores: this.rewards.sum(each) };
  }

  decode(texts: readonly Text[]): Readonly<Record<'prompts' | 'completions', readonly string[]>> {
    return this.rewards.decode(texts);
  }

  dispose(): void {
    this.generator.dispose();
  }
}

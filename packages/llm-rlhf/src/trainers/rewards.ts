import { aFunction, DivergenceError, objectOf, type OptionCheck } from '@gradus/core';
import * as t from '@gradus/tensor';
import { float32Number, isFloat32 } from '../checks.ts';
import type { PromptExample } from '../data/examples.ts';
import { RewardModel } from '../model/reward-model.ts';
import type { Text } from './texts.ts';

/** Texts to and from tokens, as tokenizers have it. */
export interface TextCodec {
  encode(text: string): ArrayLike<number>;
  decode(tokens: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }): string;
}

/** What a {@link RewardFunction} may look at besides texts. */
export interface RewardDetails {
  /** Of each completion, as it was given, with whatever else its row has. */
  readonly rows: readonly PromptExample[];
  /** Tokens of each completion, the one that ended it among them. */
  readonly completions: readonly (readonly number[])[];
}

/** Rewards of completions, one number each, at once or later. Completions are without the token that ended them, and without special ones. */
export type RewardFunction = (
  prompts: readonly string[],
  completions: readonly string[],
  details: RewardDetails,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** What completions are rewarded by. */
export type Reward = RewardModel | RewardFunction;

/** Rewards by name, for charts, and what each counts in the sum that is maximized. */
export interface NamedReward {
  readonly name: string;
  readonly reward: Reward;
  /** Default 1. */
  readonly weight?: number;
}

const aReward: OptionCheck = {
  expected: 'a RewardModel or a function',
  accepts: (value) => value instanceof RewardModel || typeof value === 'function',
};
const aNamedReward = objectOf('a reward (with name, reward and weight)', {
  name: { expected: 'a name', accepts: (value) => typeof value === 'string' && value !== '' },
  reward: aReward,
  weight: t.optional(float32Number),
});
const aCodec = objectOf('a tokenizer (with encode and decode)', { encode: aFunction, decode: aFunction });

/** Completions that are to be rewarded. */
export interface Rewarded {
  readonly rows: readonly PromptExample[];
  readonly completions: readonly (readonly number[])[];
}

/** The sum of rewards, and each of them by name. */
export class Rewards {
  private readonly rewards: readonly Required<NamedReward>[];
  private readonly tokenizer: TextCodec | undefined;
  private readonly endOfText: number;

  /** Throws `RangeError` for what is no reward, and for functions where there is no tokenizer that would make texts of tokens. */
  constructor(
    subject: string,
    given: Reward | readonly NamedReward[],
    tokenizer: TextCodec | undefined,
    endOfText: number,
  ) {
    t.checkArguments(subject, { tokenizer }, { tokenizer: t.optional(aCodec) });
    const isList = Array.isArray(given);
    if (isList && given.length === 0) throw new RangeError(`${subject}: expected at least one reward, got none`);
    const list = (isList ? given : [{ name: 'reward', reward: given }]) as readonly NamedReward[];
    for (const each of list) {
      if (isList) t.checkArguments(subject, { rewards: each }, { rewards: aNamedReward });
      else t.checkArguments(subject, { reward: each.reward }, { reward: aReward });
    }
    this.rewards = list.map(({ name, reward, weight = 1 }) => ({ name, reward, weight }));
    if (tokenizer === undefined && this.rewards.some(({ reward }) => typeof reward === 'function')) {
      throw new RangeError(`${subject}: expected a tokenizer, which makes the texts that functions reward, got none`);
    }
    this.tokenizer = tokenizer;
    this.endOfText = endOfText;
  }

  get names(): readonly string[] {
    return this.rewards.map(({ name }) => name);
  }

  /** Texts of prompts and completions. Throws where there is no tokenizer. */
  decode(texts: readonly Text[]): Readonly<Record<'prompts' | 'completions', readonly string[]>> {
    const { tokenizer, endOfText } = this;
    if (tokenizer === undefined) throw new RangeError('texts: expected a tokenizer, got none');
    const textOf = (completion: ArrayLike<number>): string => {
      const tokens = Array.from(completion);
      const hasEnded = tokens[tokens.length - 1] === endOfText;
      return tokenizer.decode(hasEnded ? tokens.slice(0, -1) : tokens, { skipSpecial: true });
    };
    return {
      prompts: texts.map(({ prompt }) => tokenizer.decode(prompt)),
      completions: texts.map(({ completion }) => textOf(completion)),
    };
  }

  /**
   * [completions] of each reward, in the order of `names`. Throws `RangeError` where it is not one number for each, and `DivergenceError` for numbers that are
   * not finite.
   */
  async each(rewarded: Rewarded): Promise<readonly Float32Array[]> {
    const results: Float32Array[] = [];
    for (const { name, reward } of this.rewards) {
      const values = await this.valuesOf(reward, rewarded);
      const isRight = typeof values === 'object' && values !== null && values.length === rewarded.completions.length;
      if (!isRight) {
        throw new RangeError(
          `${name}: expected ${rewarded.completions.length} rewards, one for each completion, got ${t.valueText(values)}`,
        );
      }
      // By their numbers: what has an iterator of its own may have others there, or more.
      const list = Array.from({ length: values.length }, (_, i) => values[i]);
      const wrong = list.findIndex((value) => !isFloat32(value));
      if (wrong !== -1) {
        const message = `${name}: expected finite numbers, at most 3.4e38, got ${t.valueText(list[wrong])} for completion ${wrong}`;
        throw typeof list[wrong] === 'number' ? new DivergenceError(message) : new RangeError(message);
      }
      results.push(Float32Array.from(list));
    }
    return results;
  }

  private valuesOf(reward: Reward, rewarded: Rewarded): ArrayLike<number> | Promise<ArrayLike<number>> {
    if (typeof reward === 'function') {
      const texts = rewarded.rows.map(({ prompt }, i) => ({ prompt, completion: rewarded.completions[i] }));
      const { prompts, completions } = this.decode(texts);
      return reward(prompts, completions, rewarded);
    }
    return reward.score(
      rewarded.completions.map((completion, i) => [...Array.from(rewarded.rows[i].prompt), ...completion]),
    );
  }

  /** Σ weight · reward, [completions]. Throws `DivergenceError` where float32 has no such number. */
  sum(each: readonly Float32Array[]): Float32Array {
    return each[0].map((_, i) => {
      const sum = this.rewards.reduce((total, { weight }, j) => total + weight * each[j][i], 0);
      if (isFloat32(sum)) return sum;
      throw new DivergenceError(
        `${this.names.join(' + ')}: expected a weighted sum that is finite in float32, at most 3.4e38, got ${t.valueText(sum)} for completion ${i}`,
      );
    });
  }
}

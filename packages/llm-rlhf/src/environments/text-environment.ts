import { havingMethods } from '@gradus/core';
import type { OptionCheck } from '@gradus/tensor';
import type { Row } from '../data/rows.ts';

/** What the model may call. What it returns is told to the model, texts as they are and other values as JSON; what it throws is told as an error. */
export type Tool = (given: Readonly<Record<string, unknown>>) => unknown;

/**
 * A task of several turns, as TRL's environments: one object for each episode. What the model writes is text with calls of tools in it, which are answered; a turn
 * without a call is the last.
 */
export interface TextEnvironment {
  /**
   * What the model may call, by name. They are named here, while TRL takes all other methods of the class: TypeScript's private ones are as callable as the
   * others. Default: none.
   */
  readonly tools?: Readonly<Record<string, Tool>>;
  /** Begins an episode of a row of a data set: the text before the model's first turn, a rendered chat with its generation prompt. */
  reset(row: Row): string | Promise<string>;
  /** What a turn was worth, where turns are worth something by themselves; asked behind each one, after its calls were answered. Default: nothing. */
  turnReward?(): number | Promise<number>;
  /** What the episode was worth besides; asked once, at its end (TRL: `get_reward`). `answer` is what the model wrote in its last turn, without the token that ended it. */
  reward(answer: string): number | Promise<number>;
}

/** A check of arguments. */
export const anEnvironment: OptionCheck = havingMethods('an environment (with reset and reward)', 'reset', 'reward');

import type { Metrics, Random } from '@gradus/core';
import type { Completions } from '../rewards/completions.ts';
import type { Text, TextRoom } from './texts.ts';

/** What a model wrote in a round, [completions] or [completions × time] each. Of an episode the completion is all that stands behind its beginning. */
export interface Written {
  readonly texts: readonly Text[];
  /** The mask has the tokens that the model wrote; numbers of tokens are 0 elsewhere. */
  readonly completions: Completions;
  /** log π of the policy that wrote them. */
  readonly logProbabilities: Float32Array;
  /** What completions are rewarded with, by name. */
  readonly rewards: Readonly<Record<string, Float32Array>>;
  /** What they are worth: the sum of rewards by their weights. */
  readonly scores: Float32Array;
  /** What of that was given before the end, where it was. */
  readonly turnRewards?: Float32Array;
  /** What is to be reported besides. */
  readonly metrics?: Metrics;
}

/** Has a model write, and rewards what it wrote. */
export interface TextWriter {
  /** Of a round. */
  readonly room: TextRoom;
  /** Rows of the data set. */
  readonly rowCount: number;
  /** A round: a completion of each of these rows, `batchSize` of them; all that is drawn follows from `random`. */
  write(rows: readonly number[], random: Random): Promise<Written>;
  /** Texts as people read them. Throws `RangeError` where there is no tokenizer. */
  decode(texts: readonly Text[]): Readonly<Record<'prompts' | 'completions', readonly string[]>>;
  dispose(): void;
}

import type { EncodeOptions } from '../tokenizer/byte-level-tokenizer.ts';

/** What makes tokens of texts, as a `ByteLevelTokenizer` does. */
export interface TextEncoding {
  encode(text: string, options?: EncodeOptions): ArrayLike<number>;
}

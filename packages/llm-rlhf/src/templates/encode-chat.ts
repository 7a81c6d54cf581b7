import { havingMethods } from '@gradus/core';
import { checkArguments, type OptionCheck } from '@gradus/tensor';
import type { TextEncoding } from '../data/text-encoding.ts';
import type { ChatPart } from './chat-template.ts';

const isParts: OptionCheck = {
  expected: 'parts of a conversation (with text and isAssistant)',
  accepts: (value) =>
    Array.isArray(value) &&
    value.every((part) => {
      const { text, isAssistant } = (part ?? {}) as Partial<ChatPart>;
      return typeof text === 'string' && typeof isAssistant === 'boolean';
    }),
};

/**
 * Tokens of a conversation, and 1 for those that the assistant wrote (TRL's `assistant_only_loss`). Nothing is put around them: what begins a text is in the
 * template. Parts become tokens apart, as in generation, where the assistant begins after what is there: no token reaches across.
 */
export function encodeChat(
  tokenizer: TextEncoding,
  parts: readonly ChatPart[],
): { readonly tokens: Int32Array; readonly assistantMask: Uint8Array } {
  const isTokenizer = havingMethods('a tokenizer (with encode)', 'encode');
  checkArguments('encodeChat', { tokenizer, parts }, { tokenizer: isTokenizer, parts: isParts });
  const tokens: number[] = [];
  const mask: number[] = [];
  for (const { text, isAssistant } of parts) {
    for (const token of Array.from(tokenizer.encode(text))) {
      tokens.push(token);
      mask.push(Number(isAssistant));
    }
  }
  return { tokens: Int32Array.from(tokens), assistantMask: Uint8Array.from(mask) };
}

import type { EpisodeTokenizer } from '@gradus/llm-rlhf';

/** What is stored. */
export const ITEMS = ['lamp', 'rope', 'drum', 'vase', 'tent', 'book', 'coat', 'horn'] as const;
/** Where it is stored. */
export const SHELVES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The token that ends turns. */
export const END = '<end>';
/** How calls begin and end, tokens of their own. */
export const FIND = '<tool_call>{"name": "find", "arguments": {"item": "';
export const COUNT = '<tool_call>{"name": "count", "arguments": {"shelf": "';
export const PLAN = '<tool_call>{"name": "plan", "arguments": {"task": "';
export const CALL_END = '"}}</tool_call>';

const pieces = [
  ...[END, FIND, COUNT, PLAN, CALL_END, '<tool_response>', '</tool_response>'],
  ...['not ', ' but ', 'where is ', 'how many ', '?'],
  ...ITEMS,
  ...SHELVES,
  ...DIGITS,
  // What a call that is wrong is answered with.
  ...['error: ', 'there is none', 'the call is no JSON', 'the call does not end', 'null'],
  'there is no tool "plan", only find, count',
  ...['find', 'count'].map((tool) => `there is no tool "${tool}", only plan`),
];

/** How many tokens there are. */
export const VOCABULARY = pieces.length;

/** Each piece of text that can occur is a token; texts are cut into the longest that fit. */
export const tokenizer: EpisodeTokenizer = {
  encode(text) {
    const tokens: number[] = [];
    let left = text;
    while (left !== '') {
      const fitting = pieces.filter((piece) => left.startsWith(piece));
      if (fitting.length === 0) throw new RangeError(`expected words of the warehouse, got '${left}'`);
      const longest = fitting.reduce((a, b) => (b.length > a.length ? b : a));
      tokens.push(pieces.indexOf(longest));
      left = left.slice(longest.length);
    }
    return tokens;
  },
  decode: (tokens) => Array.from(tokens, (token) => pieces[token]).join(''),
};

/** {@link END}. */
export const endOfText: number = tokenizer.encode(END)[0];

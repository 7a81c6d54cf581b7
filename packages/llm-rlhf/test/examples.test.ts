import { describe, expect, test } from 'vitest';
import {
  checkCompletionExamples,
  checkPreferenceExamples,
  checkPromptExamples,
  type CompletionExample,
  type PreferenceExample,
  type PromptExample,
} from '../src/data/examples.ts';

const refused = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as RangeError).message;
  }
  return 'accepted';
};
/** What is said of a row behind a right one. */
const completions = (row: unknown): string =>
  refused(() =>
    checkCompletionExamples('SftTrainer', [{ prompt: [], completion: [0, 0] }, row] as CompletionExample[], 512),
  );
const preferences = (row: object): string => {
  const right = { prompt: [1], chosen: Int32Array.of(0, 511), rejected: [2] };
  return refused(() =>
    checkPreferenceExamples('DpoTrainer', [right, { ...right, ...row }] as PreferenceExample[], 512),
  );
};
const prompts = (rows: unknown): string =>
  refused(() => checkPromptExamples('GrpoTrainer', rows as PromptExample[], 512));

describe('examples', () => {
  test('are accepted up to the last token of the vocabulary, as lists and typed arrays', () => {
    expect(completions({ prompt: Uint16Array.of(0, 511), completion: [511] })).toBe('accepted');
    expect(preferences({ margin: -0.5 })).toBe('accepted');
    expect(prompts([{ prompt: [511] }])).toBe('accepted');
  });

  test('with other tokens are refused by the number of the row and the field', () => {
    const expected = (got: string): string =>
      `SftTrainer: row 1: expected completion to have tokens of at least 0 and at most 511, got ${got}`;
    expect(completions({ prompt: [], completion: [1, 600] })).toBe(expected('600'));
    expect(completions({ prompt: [], completion: [512] })).toBe(expected('512'));
    expect(completions({ prompt: [], completion: [-1] })).toBe(expected('-1'));
    expect(completions({ prompt: [], completion: [1.5] })).toBe(expected('1.5'));
    expect(completions({ prompt: [], completion: Float32Array.of(NaN) })).toBe(expected('NaN'));
    expect(completions({ prompt: [], completion: Array(1) })).toBe(expected('undefined'));
    expect(completions({ prompt: ['a'], completion: [1] })).toMatch(
      /^SftTrainer: row 1: expected prompt to have tokens/,
    );
    expect(preferences({ rejected: [512] })).toMatch(/^DpoTrainer: row 1: expected rejected to have tokens/);
  });

  test('without tokens, but for the prompt of what is imitated whole', () => {
    expect(completions({ prompt: [1], completion: [] })).toBe(
      'SftTrainer: row 1: expected completion to have at least 1 token, got none',
    );
    expect(preferences({ prompt: [] })).toBe('DpoTrainer: row 1: expected prompt to have at least 1 token, got none');
    expect(preferences({ chosen: [] })).toBe('DpoTrainer: row 1: expected chosen to have at least 1 token, got none');
    expect(prompts([{ prompt: new Int32Array() }])).toBe(
      'GrpoTrainer: row 0: expected prompt to have at least 1 token, got none',
    );
  });

  test('of which nothing could be imitated, since the first token of a text is given', () => {
    const expected =
      'SftTrainer: row 1: expected a token that is imitated and has one before it, got an empty prompt and a completion of which the first token alone is';
    expect(completions({ prompt: [], completion: [1] })).toBe(expected);
    expect(completions({ prompt: [], completion: [1, 2, 3], mask: [1, 0, 0] })).toBe(expected);
    expect(completions({ prompt: [], completion: [1, 2] })).toBe('accepted');
    expect(completions({ prompt: [], completion: [1, 2, 3], mask: [0, 1, 0] })).toBe('accepted');
    expect(completions({ prompt: [4], completion: [1], mask: [1] })).toBe('accepted');
  });

  test('that are none', () => {
    expect(completions({ prompt: 'a', completion: [1] })).toBe(
      'SftTrainer: row 1: expected prompt to be a list of tokens, got "a": completionExamples, preferenceExamples and promptExamples make tokens of texts',
    );
    expect(completions({ completion: [1] })).toBe(
      'SftTrainer: row 1: expected prompt to be a list of tokens, got undefined',
    );
    expect(completions(null)).toBe('SftTrainer: row 1: expected an example, got null');
    for (const [margin, got] of [
      [NaN, 'NaN'],
      [1e39, '1e+39'],
      ['1', '"1"'],
      [1n, '1n'],
    ] as const) {
      expect(preferences({ margin })).toBe(
        `DpoTrainer: row 1: expected margin to be a number that is finite in float32, at most 3.4e38, got ${got}`,
      );
    }
    expect(prompts([])).toBe('GrpoTrainer: expected a list of at least one example, got []');
    expect(prompts({ examples: [] })).toContain('got {"examples":[]}: its `examples` are one');
    expect(prompts('rows')).toBe('GrpoTrainer: expected a list of at least one example, got "rows"');
    expect(prompts(Array(1))).toBe('GrpoTrainer: row 0: expected an example, got undefined');
  });
});

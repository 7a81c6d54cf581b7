import { Random } from '@gradus/core';
import { drawPost, idealSummary, judgeSummary, miniatureTokenizer, type Judgement } from '@gradus/llm-rlhf/miniature';
import { describe, expect, test } from 'vitest';

const tokenizer = miniatureTokenizer();
const post = tokenizer.encode('KEY anna bought bike . well so ben sold boat . KEY cara hid tent . well TL;DR:');
const judge = (summary: string): Judgement => judgeSummary(post, tokenizer.encode(summary));

/** What is not 0, gold apart. */
const found = (judgement: Judgement): object =>
  Object.fromEntries(Object.entries(judgement).filter(([name, count]) => name !== 'gold' && count !== 0));

describe('gold, worked out by hand', () => {
  test.each<[string, object, number]>([
    ['anna bought bike AND cara hid tent <end>', { coverage: 1 }, 3],
    ['cara hid tent AND anna bought bike <end>', { coverage: 1 }, 3],
    ['anna bought bike <end>', { coverage: 0.5 }, 1.5],
    ['anna bought bike <end> ben <pad> <pad>', { coverage: 0.5 }, 1.5],
    // A name and a verb without their object count 0.4 of a clause, of which there are two.
    ['anna bought boat <end>', { coverage: 0.2 }, 0.6],
    ['anna bought boat AND cara hid tent <end>', { coverage: 0.7 }, 2.1],
    ['anna bought lamp <end>', { coverage: 0.2, foreignWords: 1 }, 0.6 - 0.8],
    ['anna bought bike AND ben sold boat <end>', { coverage: 0.5, irrelevant: 1 }, 1.5 - 0.6],
    ['ben hid tent <end>', { irrelevant: 1 }, -0.6],
    ['hugo sold boat <end>', { irrelevant: 1, foreignWords: 1 }, -0.6 - 0.8],
    ['anna bought bike AND anna bought bike <end>', { coverage: 0.5, repeated: 1 }, 1.5 - 0.6],
    // What was told badly may be told again better, at the price of a repetition.
    ['anna bought tent AND anna bought bike <end>', { coverage: 0.5, repeated: 1 }, 1.5 - 0.6],
    ['ben sold boat AND ben sold boat <end>', { irrelevant: 2, repeated: 1 }, -3 * 0.6],
    ['well anna bought bike <end>', { coverage: 0.5, fillers: 1 }, 1.5 - 0.4],
    ['anna bought bike AND honestly cara hid tent <end>', { coverage: 1, fillers: 1, tooLong: 1 }, 3 - 0.4 - 0.08],
    ['well so anna bought bike <end>', { coverage: 0.5, fillers: 2, ungrammatical: 1 }, 1.5 - 0.8 - 0.3],
    ['anna bought bike cara hid tent <end>', { coverage: 1, ungrammatical: 1 }, 3 - 0.3],
    ['anna bought <end>', { coverage: 0.2, ungrammatical: 1 }, 0.6 - 0.3],
    // On either side of the mark.
    ['KEY anna bought bike <end>', { coverage: 0.5, ungrammatical: 2 }, 1.5 - 2 * 0.3],
    ['AND <end>', { ungrammatical: 2 }, -0.6],
    ['<end>', { ungrammatical: 1 }, -0.3],
    [
      'anna bought bike AND cara hid tent AND ben sold boat <end>',
      { coverage: 1, irrelevant: 1, tooLong: 4 },
      3 - 0.6 - 4 * 0.08,
    ],
    ['anna bought bike', { coverage: 0.5, unended: 1 }, 1.5 - 1.5],
    ['anna bought bike <pad>', { coverage: 0.5, unended: 1, ungrammatical: 1 }, 1.5 - 1.5 - 0.3],
    ['', { unended: 1 }, -1.5],
  ])('%s', (summary, counts, gold) => {
    const judgement = judge(summary);
    expect(found(judgement)).toEqual(counts);
    expect(judgement.gold).toBeCloseTo(gold, 12);
  });

  test('of one key clause, that clause is everything', () => {
    const single = tokenizer.encode('anna bought bike . KEY ben sold boat . cara hid tent . TL;DR:');
    const gold = (summary: string): number => judgeSummary(single, tokenizer.encode(summary)).gold;
    expect(gold('ben sold boat <end>')).toBe(3);
    expect(gold('ben sold bike <end>')).toBe(1.2);
    expect(gold('anna bought bike <end>')).toBe(-0.6);
  });
});

test('what is worth the same is equal, whatever it is made of', () => {
  // One irrelevant statement, and two breaks of grammar.
  expect(judge('anna bought bike AND ben sold boat <end>').gold).toBe(judge('KEY anna bought bike <end>').gold);
});

test('ideal summaries have gold 3, always', () => {
  const random = new Random(1);
  for (let i = 0; i < 1000; i++) {
    const drawn = drawPost(random);
    expect(judgeSummary(drawn.tokens, idealSummary(drawn.clauses)).gold).toBe(3);
  }
});

test('prompts that are no posts are refused, and say where', () => {
  const of = (text: string) => () => judgeSummary(tokenizer.encode(text), [1]);
  expect(of('KEY anna bought . TL;DR:')).toThrow(new RangeError('post: expected an object at position 3, got 5'));
  expect(of('KEY anna bought')).toThrow(new RangeError('post: expected an object at position 3, got nothing'));
  expect(of('KEY anna bought bike .')).toThrow(new RangeError('post: expected TL;DR: at position 5, got nothing'));
  expect(of('anna bought bike . TL;DR:')).toThrow('expected a clause that is marked as key');
  expect(of('')).toThrow(new RangeError('post: expected TL;DR: at position 0, got nothing'));
});

import { Random } from '@gradus/core';
import { TokenizerError } from '@gradus/llm-rlhf';
import {
  drawPost,
  END,
  humanFaults,
  humanSummary,
  idealSummary,
  judgeSummary,
  labelPairs,
  makeMiniature,
  miniatureTokenizer,
  POST_LENGTH,
  preferenceProbability,
  readPost,
  SUMMARY_LENGTH,
  WordTokenizer,
} from '@gradus/llm-rlhf/miniature';
import { describe, expect, test } from 'vitest';

const tokenizer = miniatureTokenizer();
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Within four standard errors of what is expected. */
function expectMean(values: readonly number[], expected: number): void {
  const mean = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1);
  expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / values.length));
}

describe('words', () => {
  test('34 of them, and texts come back', () => {
    expect(tokenizer.size).toBe(34);
    const text = 'KEY anna bought bike . well ben sold boat . TL;DR:';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode([0, 6, END], { skipSpecial: true })).toBe('anna');
    expect([...tokenizer.encode(' \n anna\t<end> ')]).toEqual([6, 1]);
    expect([...tokenizer.encode('')]).toEqual([]);
    expect([0, 1, 6, 13, 14, 22, 30, 33].map((id) => tokenizer.decode([id]))).toEqual([
      '<pad>',
      '<end>',
      'anna',
      'hugo',
      'bought',
      'bike',
      'anyway',
      'well',
    ]);
  });

  test('that are not known are refused', () => {
    const error = (message: string): TokenizerError => new TokenizerError(message);
    expect(() => tokenizer.encode('anna hates')).toThrow(error("encode: there is no token for the word 'hates'"));
    expect(() => tokenizer.encode('anna <end>', { addedTokens: false })).toThrow(
      error("encode: there is no token for the word '<end>'"),
    );
    expect(tokenizer.decode([6, 34, 13])).toBe('anna hugo');
    expect(() => new WordTokenizer(['a', 'a'])).toThrow(
      error("WordTokenizer: expected different words without white space, got 'a'"),
    );
    expect(() => new WordTokenizer(['a b'])).toThrow("got 'a b'");
    expect(() => new WordTokenizer([''])).toThrow("got ''");
    expect(() => new WordTokenizer(['a'], { specialTokens: ['b'] })).toThrow(
      error("WordTokenizer: expected specialTokens to be among the words, got 'b'"),
    );
  });
});

describe('posts', () => {
  const random = new Random(1);
  const posts = Array.from({ length: 5000 }, () => drawPost(random));

  test('have 18 tokens that say what they say', () => {
    for (const { tokens, clauses } of posts) {
      expect(tokens).toHaveLength(POST_LENGTH);
      expect(readPost(tokens)).toEqual(clauses);
      for (const part of ['name', 'verb', 'object'] as const) {
        expect(new Set(clauses.map((clause) => clause[part])).size).toBe(3);
      }
    }
  });

  test('have one or two key clauses, each as often, any of the three', () => {
    const keys = posts.map(({ clauses }) => clauses.map(({ isKey }) => Number(isKey)));
    expect(new Set(keys.map(sum))).toEqual(new Set([1, 2]));
    expectMean(keys.map(sum), 1.5);
    for (let i = 0; i < 3; i++) {
      expectMean(
        keys.map((each) => each[i]),
        0.5,
      );
    }
  });
});

/** Gold of human summaries of posts with so many keys, and its probability, from how they are made and what the judge says of it. */
function goldOfHumans(keys: number): [gold: number, probability: number][] {
  const { missesKey, addsClause, addsFiller, mistakesObject } = humanFaults;
  const outcomes: [number, number][] = [];
  for (let kept = 0; kept <= keys; kept++) {
    const isKept = (kept === 1 && keys === 2 ? 2 : 1) * (1 - missesKey) ** kept * missesKey ** (keys - kept);
    for (const added of [0, 1]) {
      const isAdded = kept === 0 ? added : added === 1 ? addsClause : 1 - addsClause;
      const clauses = kept + added;
      for (const filler of [0, 1]) {
        // Three clauses, AND twice and the end are twelve tokens.
        const isFiller = clauses === 3 ? 1 - filler : filler === 1 ? addsFiller : 1 - addsFiller;
        const length = 3 * clauses + Math.max(0, clauses - 1) + filler;
        const gold = (3 * kept) / keys - 0.6 * added - 0.4 * filler - 0.08 * Math.max(0, length - 7);
        const probability = isKept * isAdded * isFiller;
        if (probability === 0) continue;
        outcomes.push([gold, probability * (1 - mistakesObject)]);
        // Of the seven other objects two are the post's; a key clause loses 0.6 of what it is worth.
        for (const [loss, part] of [
          [1.8 / keys, kept],
          [0, added],
        ] as const) {
          const mistaken = (probability * mistakesObject * part) / clauses;
          outcomes.push([gold - loss, (mistaken * 2) / 7], [gold - loss - 0.8, (mistaken * 5) / 7]);
        }
      }
    }
  }
  return outcomes;
}

describe('human summaries', () => {
  const random = new Random(2);
  const posts = Array.from({ length: 20_000 }, () => drawPost(random));
  const golds = posts.map((post) => judgeSummary(post.tokens, humanSummary(post.clauses, random)).gold);

  test('have the gold that follows from their faults: 1.05 on average', () => {
    const expected = sum([1, 2].map((keys) => sum(goldOfHumans(keys).map(([gold, p]) => gold * p)) / 2));
    for (const keys of [1, 2]) expect(sum(goldOfHumans(keys).map(([, p]) => p))).toBeCloseTo(1, 12);
    expect(expected).toBeCloseTo(1.049, 3);
    expectMean(golds, expected);
  });

  test('end, within the room that there is, in the language', () => {
    const lengths = new Set<number>();
    for (const post of posts.slice(0, 2000)) {
      const summary = humanSummary(post.clauses, random);
      lengths.add(summary.length);
      expect(summary[summary.length - 1]).toBe(END);
      const { ungrammatical, unended, repeated } = judgeSummary(post.tokens, summary);
      expect([ungrammatical, unended, repeated]).toEqual([0, 0, 0]);
    }
    expect([...lengths].sort((a, b) => a - b)).toEqual([4, 5, 8, 9, SUMMARY_LENGTH]);
  });

  test('ideal ones tell the key clauses in the order of the post', () => {
    const clauses = readPost(tokenizer.encode('KEY dan hid lamp . anna fixed bike . KEY ben sold boat . TL;DR:'));
    expect(tokenizer.decode(idealSummary(clauses))).toBe('dan hid lamp AND ben sold boat <end>');
  });
});

describe('labels', () => {
  const prompt = tokenizer.encode('KEY anna bought bike . ben sold boat . cara hid tent . TL;DR:');
  const pair = {
    prompt,
    first: tokenizer.encode('well anna bought bike <end>'),
    second: tokenizer.encode('so so anna bought bike <end>'),
  };

  test('are right as often as the model of Bradley and Terry says', () => {
    // 3 − 0.4 against 3 − 2 · 0.4 − 0.3: ln(p / (1 − p)) = 0.7 / 0.7.
    expect(preferenceProbability(pair)).toBeCloseTo(sigmoid(1), 12);
    const labelled = labelPairs(
      Array.from({ length: 4000 }, () => pair),
      new Random(3),
    );
    expectMean(
      labelled.map(({ chosen }) => Number(chosen === pair.first)),
      sigmoid(1),
    );
    for (const { chosen, rejected } of labelled.slice(0, 100)) {
      expect(new Set([chosen, rejected])).toEqual(new Set([pair.first, pair.second]));
    }
  });

  test('tell nothing but which one is preferred', () => {
    expect(Object.keys(labelPairs([pair], new Random(1))[0]).sort()).toEqual(['chosen', 'prompt', 'rejected']);
  });

  test('of two human summaries agree with the truth four times in five', () => {
    // By the distribution of gold, two summaries of a post being independent.
    const agreement = sum(
      [1, 2].map((keys) => {
        const outcomes = goldOfHumans(keys);
        const each = outcomes.map(([a, p]) => sum(outcomes.map(([b, q]) => p * q * sigmoid(Math.abs(a - b) / 0.7))));
        return sum(each) / 2;
      }),
    );
    expect(agreement).toBeCloseTo(0.803, 3);
    const random = new Random(4);
    const agreements = Array.from({ length: 10_000 }, () => {
      const post = drawPost(random);
      const [first, second] = [humanSummary(post.clauses, random), humanSummary(post.clauses, random)];
      const p = preferenceProbability({ prompt: post.tokens, first, second });
      return Math.max(p, 1 - p);
    });
    expectMean(agreements, agreement);
  });
});

describe('the miniature', () => {
  const sizes = { training: 300, validation: 20, prompts: 40, heldOut: 30 };

  test('has what was asked for, no post twice, and rows that a model of 34 tokens can take', () => {
    const { training, validation, prompts, heldOut } = makeMiniature(sizes);
    expect([training, validation, prompts, heldOut].map(({ length }) => length)).toEqual([300, 20, 40, 30]);
    const posts = [training, validation, prompts, heldOut].flat().map(({ prompt }) => Array.from(prompt).join(' '));
    expect(new Set(posts).size).toBe(390);
    for (const { prompt, completion } of training) {
      expect(judgeSummary(prompt, completion).unended).toBe(0);
      expect(prompt.length).toBe(POST_LENGTH);
    }
  });

  test('follows from its seed, and the size of a part changes no other', () => {
    const made = makeMiniature({ ...sizes, seed: 5 });
    expect(makeMiniature({ ...sizes, seed: 5 })).toEqual(made);
    const { training, ...others } = makeMiniature({ ...sizes, seed: 5, training: 10 });
    expect(training).toEqual(made.training.slice(0, 10));
    expect(others).toEqual({ validation: made.validation, prompts: made.prompts, heldOut: made.heldOut });
    expect(makeMiniature({ ...sizes, seed: 6 }).heldOut).not.toEqual(made.heldOut);
  });
});

import { Random } from '@gradus/core';
import { goldJudge, meanGold, miniatureTokenizer, winRate } from '@gradus/llm-rlhf/miniature';
import { describe, expect, test } from 'vitest';

const tokenizer = miniatureTokenizer();
const prompt = tokenizer.encode('KEY anna bought bike . ben sold boat . cara hid tent . TL;DR:');
const summary = (text: string): Int32Array => tokenizer.encode(`${text} <end>`);
/** Gold 3, 2.6 and −0.6. */
const [ideal, withFiller, beside] = [
  summary('anna bought bike'),
  summary('well anna bought bike'),
  summary('ben sold boat'),
];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const random = (): Random => new Random(1);

describe('win rate', () => {
  const references = [ideal, withFiller, beside, ideal].map((completion) => ({ prompt, completion }));
  const summaries = [ideal, ideal, ideal, beside];

  test('ties count half; intervals are the normal approximation', () => {
    const { hard, soft } = winRate(references, summaries, { random: random() });
    // ½, 1, 1, 0: mean 5/8, Σ (x − 5/8)² = (1 + 9 + 9 + 25) / 64.
    expect(hard.mean).toBe(0.625);
    const margin = 1.959964 * Math.sqrt(44 / 64 / 3 / 4);
    expect(hard.low).toBeCloseTo(0.625 - margin, 12);
    expect(hard.high).toBeCloseTo(0.625 + margin, 12);
    expect(soft.mean).toBeCloseTo((0.5 + sigmoid(0.4) + sigmoid(3.6) + sigmoid(-3.6)) / 4, 12);
  });

  test('of a thousand prompts: three points to either side at most', () => {
    const many = Array.from({ length: 1000 }, (_, i) => references[i % 2 === 0 ? 2 : 0]);
    const half = many.map((_, i) => (i % 2 === 0 ? ideal : beside));
    const { hard } = winRate(many, half, { random: random() });
    expect(hard.mean).toBe(0.5);
    expect(hard.high - 0.5).toBeCloseTo(0.031, 4);
  });

  test('a judge that prefers what it is shown first cannot tell', () => {
    const many = Array.from({ length: 4000 }, () => references[2]);
    const shown: ArrayLike<number>[] = [];
    const { hard } = winRate(
      many,
      many.map(() => ideal),
      {
        random: random(),
        judge: (_, first) => {
          shown.push(first);
          return 0.9;
        },
      },
    );
    expect(Math.abs(hard.mean - 0.5)).toBeLessThan((4 * (hard.high - hard.mean)) / 1.959964);
    expect(new Set(shown)).toEqual(new Set([ideal, beside]));
  });

  test('what does not fit is refused', () => {
    const compare =
      (count: number, judge = goldJudge) =>
      () =>
        winRate(references, summaries.slice(0, count), { random: random(), judge });
    expect(compare(3)).toThrow(new RangeError('winRate: completions: expected 4 elements, got 3'));
    expect(compare(4, () => 2)).toThrow(new RangeError('winRate: expected the judge to say a probability, got 2'));
    expect(() => winRate([], [], { random: random() })).toThrow('expected at least 2 completions, got 0');
  });
});

test('mean gold', () => {
  const references = [ideal, ideal, ideal].map((completion) => ({ prompt, completion }));
  const { mean, low, high } = meanGold(references, [ideal, withFiller, beside]);
  expect(mean).toBeCloseTo((3 + 2.6 - 0.6) / 3, 12);
  const squares = [3, 2.6, -0.6].reduce((total, gold) => total + (gold - mean) ** 2, 0);
  expect(high - low).toBeCloseTo(2 * 1.959964 * Math.sqrt(squares / 2 / 3), 12);
});

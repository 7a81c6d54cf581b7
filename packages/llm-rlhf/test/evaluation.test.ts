import { Random, train, type Callback, type Learner } from '@gradus/core';
import { passAtK, RlooTrainer, rouge, winRate, winRateCallback, type WinRate } from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';
import { contents, tinyModel, trainTo } from './trainers.ts';

describe('ROUGE', () => {
  test('counts words, pairs of words, and words in order', () => {
    // 6 words of 8 and of 9 (the, quick, brown, dog, jumps, the); 2 pairs of 7 and of 8 (the quick, quick brown); 5 words in order (the quick brown jumps the).
    const scores = rouge('The quick brown dog jumps on the log.', 'The quick brown fox jumps over the lazy dog');
    expect(scores.rouge1).toEqual({ precision: 6 / 8, recall: 6 / 9, f1: 12 / 17 });
    expect(scores.rouge2.precision).toBe(2 / 7);
    expect(scores.rouge2.recall).toBe(2 / 8);
    expect(scores.rouge2.f1).toBeCloseTo(4 / 15, 12);
    expect(scores.rougeL.precision).toBe(5 / 8);
    expect(scores.rougeL.recall).toBe(5 / 9);
    expect(scores.rougeL.f1).toBeCloseTo(10 / 17, 12);
  });

  test('counts a word as often as both have it', () => {
    const { rouge1 } = rouge('a a a b', 'a a c');
    expect(rouge1).toEqual({ precision: 2 / 4, recall: 2 / 3, f1: 4 / 7 });
  });

  test('is 1 of equal texts, whatever their case and marks, and 0 where nothing is shared', () => {
    const one = { precision: 1, recall: 1, f1: 1 };
    expect(rouge('On the mat!', 'on — the (mat)')).toEqual({ rouge1: one, rouge2: one, rougeL: one });
    const none = { precision: 0, recall: 0, f1: 0 };
    for (const [text, reference] of [
      ['a b', 'c d'],
      ['', 'a'],
      ['…', ''],
    ]) {
      expect(rouge(text, reference)).toEqual({ rouge1: none, rouge2: none, rougeL: none });
    }
    expect(rouge('a', 'a').rouge2).toEqual(none);
  });

  test('words in order are at most the words, and as many as an exhaustive search finds', () => {
    const random = new Random(1);
    const draw = (): string[] => Array.from({ length: 1 + random.integer(7) }, () => 'abc'[random.integer(3)]);
    const subsequences = (words: readonly string[]): Set<string> =>
      words.reduce((all, word) => new Set([...all, ...[...all].map((each) => each + word)]), new Set(['']));
    for (let i = 0; i < 100; i++) {
      const [one, other] = [draw(), draw()];
      const others = subsequences(other);
      const longest = Math.max(...[...subsequences(one)].filter((each) => others.has(each)).map((each) => each.length));
      expect(rouge(one.join(' '), other.join(' ')).rougeL.precision).toBeCloseTo(longest / one.length, 12);
    }
  });
});

describe('pass@k', () => {
  test('is the part of all choices of k samples in which one is right', () => {
    for (let n = 1; n <= 8; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) {
          // Of 2ⁿ sets those with k elements; the first c are right.
          let [sets, passed] = [0, 0];
          for (let set = 0; set < 2 ** n; set++) {
            if (Array.from(set.toString(2)).filter((bit) => bit === '1').length !== k) continue;
            sets++;
            if ((set & (2 ** c - 1)) !== 0) passed++;
          }
          expect(passAtK(n, c, k)).toBeCloseTo(passed / sets, 12);
        }
      }
    }
  });

  test('is refused where there are too few samples', () => {
    expect(() => passAtK(4, 5, 1)).toThrow(new RangeError('passAtK: expected at most 4 samples to be right, got 5'));
    expect(() => passAtK(4, 1, 8)).toThrow(
      new RangeError('passAtK: expected k to be at most the 4 samples that there are, got 8'),
    );
  });
});

describe('the win rate while training', () => {
  const codec = { encode: () => [1], decode: () => '' };
  const create = (model = tinyModel()) =>
    new RlooTrainer(
      {
        ...{ model, prompts: [{ prompt: [1] }], tokenizer: codec, endOfText: 0 },
        reward: (_prompts, _completions, { completions }) => completions.map(([token]) => Number(token === 2)),
      },
      { batchSize: 64, maxNewTokens: 1, learningRate: 0.02, klCoefficient: 0 },
    );
  const rows = Array.from({ length: 64 }, () => ({ prompt: [1], completion: [3] }));
  /** 2 is better than all others, which are as good as each other. */
  const judge = (_: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): number =>
    (1 + Number(first[0] === 2) - Number(second[0] === 2)) / 2;

  test('is measured at each interval by what the model writes then, and changes nothing', async () => {
    const model = tinyModel();
    const seen: [WinRate, number][] = [];
    const measuring = winRateCallback(model, {
      ...{ rows, judge, interval: 640, maxNewTokens: 1, stopTokens: [0], seed: 5 },
      onWinRate: (measured, completions) => {
        seen.push([measured, completions.filter(([token]) => token === 2).length / rows.length]);
      },
    });
    const recorded: Record<string, number>[] = [];
    const noting: Callback<Learner> = {
      onProgress: (_, training) => {
        if ('eval/win_rate' in training.recorded) recorded.push({ ...training.recorded });
      },
    };
    const trainer = create(model);
    await train(trainer, { steps: 64 * 40, callbacks: [measuring, noting] });
    expect(seen).toHaveLength(4);
    seen.forEach(([{ hard, soft }, better], i) => {
      // Whoever is not better is as good, and counts half.
      expect(hard.mean).toBeCloseTo((1 + better) / 2, 12);
      expect(soft.mean).toBe(hard.mean);
      expect(recorded[i]).toEqual({ 'eval/win_rate': hard.mean, 'eval/win_probability': soft.mean });
    });
    expect(seen[3][0].hard.mean).toBeGreaterThan(0.95);
    const alone = create();
    await trainTo(alone, 64 * 40);
    expect(contents(alone.checkpoint())).toEqual(contents(trainer.checkpoint()));
  });

  test('what is wrong is refused by name', () => {
    const options = { rows, judge, maxNewTokens: 1, stopTokens: [0] };
    expect(() => winRateCallback(tinyModel(), { ...options, rows: rows.slice(1, 2) })).toThrow(
      'winRateCallback: expected rows to be a list of at least two examples',
    );
    expect(() =>
      winRateCallback(tinyModel(), { ...options, rows: [rows[0], { prompt: [9], completion: [1] }] }),
    ).toThrow('winRateCallback: row 1: expected prompt to have tokens');
    expect(() => winRate(rows, [[1]], { random: new Random(1), judge })).toThrow(
      new RangeError('winRate: completions: expected 64 elements, got 1'),
    );
  });
});

import {
  AdaptiveKlCoefficient,
  klEstimate,
  penalizeMissingEnd,
  tokenAdvantages,
  tokenRewards,
  truncateCompletions,
  whiten,
  type KlEstimator,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, flat, readGolden, tensorOf, type Numbers } from './golden.ts';

interface RewardCase {
  readonly convention: 'last_token' | 'trl_p1';
  readonly kl: KlEstimator;
  readonly gamma: number;
  readonly lam: number;
  readonly whiten_rewards?: boolean;
  readonly rewards: Numbers;
  readonly advantages: Numbers;
  readonly returns: Numbers;
  readonly whitened_unbiased: Numbers;
  readonly whitened_biased?: Numbers;
}
interface Golden {
  readonly responses: Numbers;
  readonly eos_id: number;
  readonly pad_id: number;
  readonly postprocessed: Numbers;
  readonly last_index: readonly number[];
  readonly contains_eos: readonly number[];
  readonly mask: Numbers;
  readonly mask_p1: Numbers;
  readonly logps: Numbers;
  readonly ref_logps: Numbers;
  readonly scores: readonly number[];
  readonly missing_eos_penalty: number;
  readonly scores_after_penalty: Numbers;
  readonly scores_replaced_by_minus1: Numbers;
  readonly values: Numbers;
  readonly kl_coef: number;
  readonly cases: readonly RewardCase[];
  readonly masked_stats: Readonly<Record<string, Numbers>>;
  readonly adaptive_kl: {
    readonly init: number;
    readonly target: number;
    readonly horizon: number;
    readonly n_steps: number;
    readonly kls: readonly number[];
    readonly coef: readonly number[];
  };
}

const golden = readGolden('rewards_gae') as Golden;
const time = 6;
const completions = truncateCompletions(flat(golden.responses), time, golden.eos_id, golden.pad_id);

describe('where completions end', () => {
  test('the first end-of-text is kept, what follows becomes padding', () => {
    expect([...completions.tokens]).toEqual(flat(golden.postprocessed));
    expect([...completions.lengths]).toEqual(golden.last_index.map((index) => index + 1));
    expect([...completions.mask]).toEqual(flat(golden.mask));
    expect([...completions.ended]).toEqual(golden.contains_eos);
  });

  test('an end-of-text at the very last position is one', () => {
    expect([...truncateCompletions([3, 4, 1], 3, 1, 0).ended]).toEqual([1]);
  });

  test('padding that is end-of-text is refused, and what is no token', () => {
    expect(() => truncateCompletions([1, 1], 2, 1, 1)).toThrow(
      new RangeError('truncateCompletions: expected a token for padding that is not end-of-text, got 1 for both'),
    );
    expect(() => truncateCompletions([1.5], 1, 1, 0)).toThrow('tokens, integers of at least 0, or −1 behind an end');
    expect(() => truncateCompletions([1, 2, 3], 2, 1, 0)).toThrow(
      new RangeError('truncateCompletions: expected a multiple of 2 tokens, got 3'),
    );
  });

  test('a completion without end costs something, or scores a number', () => {
    const { scores, contains_eos: ended, missing_eos_penalty: value } = golden;
    expectClose(penalizeMissingEnd(scores, ended, { kind: 'subtract', value }), golden.scores_after_penalty, 1e-6);
    const replaced = penalizeMissingEnd(scores, ended, { kind: 'replace', value: -1 });
    expectClose(replaced, golden.scores_replaced_by_minus1, 1e-6);
  });
});

describe('rewards and advantages of tokens', () => {
  test.each(golden.cases)(
    'score at $convention, $kl, γ = $gamma, λ = $lam, whitened rewards: $whiten_rewards',
    (expected) => {
      const { gamma, lam: lambda, kl: estimator } = expected;
      const placement = expected.convention === 'last_token' ? 'last-token' : 'after-end';
      const kl = t.evaluate(() => klEstimate(tensorOf(golden.logps), tensorOf(golden.ref_logps), estimator));
      const scores = flat(golden.scores_after_penalty);
      const options = { klCoefficient: golden.kl_coef, placement, time } as const;
      const plain = tokenRewards(completions, scores, kl, options);
      const rewards =
        expected.whiten_rewards === true ? whiten(plain, flat(golden.mask_p1), { shiftsMean: false }) : plain;
      expectClose(rewards, expected.rewards);
      const { advantages, returns } = tokenAdvantages(completions, rewards, flat(golden.values), {
        gamma,
        lambda,
        placement,
        time,
      });
      expectClose(advantages, expected.advantages);
      expectClose(returns, expected.returns);
      const { mask } = completions;
      expectClose(whiten(advantages, mask, { shiftsMean: true }), expected.whitened_unbiased);
      if (expected.whitened_biased === undefined) return;
      expectClose(whiten(advantages, mask, { shiftsMean: true, variance: 'biased' }), expected.whitened_biased);
    },
  );

  test('sizes that do not fit are refused', () => {
    const options = { klCoefficient: 0, placement: 'last-token', time } as const;
    expect(() => tokenRewards(completions, [1], new Float32Array(30), options)).toThrow(
      new RangeError('tokenRewards: scores: expected 5 elements, got 1'),
    );
    expect(() => tokenRewards(completions, [1, 2, 3, 4, NaN], new Float32Array(30), options)).toThrow('finite numbers');
    const one = { lengths: Int32Array.of(1), mask: Float32Array.of(1) };
    const placement = 'last-token';
    expect(() => tokenRewards(one, [3e38], [-3e38], { klCoefficient: 1, placement, time: 1 })).toThrow(
      'tokenRewards: rewards[0]: expected a number that is finite in float32',
    );
    expect(() => tokenAdvantages(one, [3e38], [-3e38], { gamma: 1, lambda: 1, placement, time: 1 })).toThrow(
      'tokenAdvantages: advantages[0]: expected a number that is finite in float32',
    );
  });
});

describe('whitening', () => {
  const { x, mask, whiten_shift: shifted, whiten_noshift: kept } = golden.masked_stats;
  const inside = (values: Numbers): number[] => flat(values).map((value, i) => value * flat(mask)[i]);

  test('with and without the mean, over what the mask leaves', () => {
    expectClose(whiten(flat(x), flat(mask), { shiftsMean: true }), inside(shifted));
    expectClose(whiten(flat(x), flat(mask), { shiftsMean: false }), inside(kept));
  });

  test('of equal numbers it is exactly 0', () => {
    expect([...whiten([0.1, 0.1, 0.1], [1, 1, 1], { shiftsMean: true })]).toEqual([0, 0, 0]);
  });

  test('one element has no variance', () => {
    expect(() => whiten([1, 2], [1, 0], { shiftsMean: true })).toThrow(
      new RangeError('whiten: expected at least 2 elements that the mask leaves, got 1'),
    );
  });
});

test('a coefficient that follows a target, saved and put back', () => {
  const { init: initial, target, horizon, n_steps: completed, kls, coef } = golden.adaptive_kl;
  const coefficient = new AdaptiveKlCoefficient({ initial, target, horizon });
  const other = new AdaptiveKlCoefficient({ initial, target, horizon });
  kls.forEach((kl, i) => {
    coefficient.update(kl, completed);
    expectClose([coefficient.value], coef[i], 1e-7);
    other.setState(coefficient.getState());
    expect(other.value).toBe(coefficient.value);
  });
});

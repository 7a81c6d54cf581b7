import { vectorEnvFromDynamics } from '@gradus/core';
import { blackjack, encodeBlackjackState } from '@gradus/envs';
import { expect, test } from 'vitest';
import { bestOf, optimalActionValues } from './support/optimal-values.ts';

/** Sutton and Barto (2018), Figure 5.2, with its notch for the ace: the smallest sum to stick on, by the dealer's card from ace to ten. */
const figure = {
  withoutUsableAce: [17, 13, 13, 12, 12, 12, 17, 17, 17, 17],
  withUsableAce: [19, 18, 18, 18, 18, 18, 18, 18, 19, 19],
};

test('the best policy is that of the book', () => {
  const values = optimalActionValues(blackjack().transitions!, 1);
  const sticks = (total: number, dealerCard: number, usableAce: boolean): boolean => {
    const state = encodeBlackjackState({ total, dealerCard, usableAce, isNatural: false });
    return values[2 * state] > values[2 * state + 1];
  };
  for (const [name, thresholds] of Object.entries(figure)) {
    const usableAce = name === 'withUsableAce';
    thresholds.forEach((threshold, i) => {
      for (let total = 12; total <= 21; total++) {
        expect(sticks(total, i + 1, usableAce), `${total}, dealer ${i + 1}, ${name}`).toBe(total >= threshold);
      }
    });
  }
});

test('a natural pays by the rules chosen', () => {
  const natural = encodeBlackjackState({ total: 21, dealerCard: 10, usableAce: true, isNatural: true });
  const paid = (options: Parameters<typeof blackjack>[0]): number =>
    optimalActionValues(blackjack(options).transitions!, 1)[2 * natural];
  // The dealer's ten becomes a natural with an ace, 1 in 13; that is a draw. Without `sab` 21 in more cards is one as well.
  expect(paid({ sab: true })).toBeCloseTo(12 / 13, 12);
  const plain = paid({ sab: false });
  expect(plain).toBeLessThan(12 / 13);
  expect(paid({ sab: false, natural: true })).toBeCloseTo(1.5 * plain, 12);
});

test('playing the best policy returns what the table says', () => {
  const dynamics = blackjack();
  const table = dynamics.transitions!;
  const values = optimalActionValues(table, 1);
  const expected = bestOf(values, 2).reduce((sum, value, state) => sum + table.initialDistribution[state] * value, 0);

  // The number is that of another program, which recurs over hands of cards.
  expect(expected).toBeCloseTo(-0.0431131054, 9);

  const copies = 1000;
  const env = vectorEnvFromDynamics(dynamics, copies);
  env.reset({ seed: 0 });
  let episodes = 0;
  let total = 0;
  while (episodes < 100_000) {
    const actions = Int32Array.from({ length: copies }, (_, i) => {
      const [sum, dealerCard, usableAce] = env.observations.subarray(3 * i, 3 * i + 3);
      // Hitting a natural is as wrong as hitting any other 21, so the policy need not know of it.
      const state = encodeBlackjackState({ total: sum, dealerCard, usableAce: usableAce === 1, isNatural: false });
      return values[2 * state] > values[2 * state + 1] ? 0 : 1;
    });
    env.step(actions);
    for (let i = 0; i < copies; i++) {
      total += env.rewards[i];
      episodes += env.terminated[i];
    }
  }
  // Returns are within ±1; the bound is five standard errors.
  expect(Math.abs(total / episodes - expected)).toBeLessThan(5 / Math.sqrt(episodes));
});

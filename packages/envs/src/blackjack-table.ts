import { TransitionTable, checkArguments, flag, type Outcome } from '@gradus/core';
import { integerBelow } from './env-options.ts';

/** What a hand counts, and whether an ace in it counts 11. */
interface Hand {
  readonly total: number;
  readonly usableAce: boolean;
}

interface BlackjackState extends Hand {
  readonly dealerCard: number;
  /** Ace and ten at once. */
  readonly isNatural: boolean;
}

const LIMIT = 21;
const DEALER_STANDS = 17;
const NUM_STATES = 32 * 11 * 2 * 2;
const STICK = 0;
const EMPTY: Hand = { total: 0, usableAce: false };

/** The ten values of cards, each with its probability in an infinite deck: four ranks of thirteen count 10. */
const CARDS = Array.from({ length: 10 }, (_, i) => ({ card: i + 1, probability: (i === 9 ? 4 : 1) / 13 }));

const stateChecks = { total: integerBelow(32), dealerCard: integerBelow(11), usableAce: flag, isNatural: flag };

/** ((total · 11 + dealer's card) · 2 + usable ace) · 2 + natural. Throws `RangeError` for what is no state. */
export function encodeBlackjackState(state: BlackjackState): number {
  checkArguments('encodeBlackjackState', state, stateChecks);
  const { total, dealerCard, usableAce, isNatural } = state;
  return ((total * 11 + dealerCard) * 2 + Number(usableAce)) * 2 + Number(isNatural);
}

/**
 * All that can happen in Blackjack. `naturalReward(reward, dealerIsNatural)` is what sticking with a natural pays, where comparing
 * the hands pays `reward`.
 */
export function blackjackTable(naturalReward: (reward: number, dealerIsNatural: boolean) => number): TransitionTable {
  const dealers = Array.from({ length: 11 }, (_, card) => (card === 0 ? [] : dealerResults(card)));
  return new TransitionTable({
    numStates: NUM_STATES,
    numActions: 2,
    initialDistribution: firstStates(),
    outcomes: (index, action) => {
      const state = decode(index);
      if (state.dealerCard === 0 || state.total > LIMIT) {
        return [{ probability: 1, nextState: index, reward: 0, terminated: true }];
      }
      return action === STICK ? stick(index, state, dealers[state.dealerCard], naturalReward) : hit(state);
    },
  });
}

function decode(index: number): BlackjackState {
  const rest = Math.floor(index / 4);
  return {
    total: Math.floor(rest / 11),
    dealerCard: rest % 11,
    usableAce: (index & 2) !== 0,
    isNatural: (index & 1) !== 0,
  };
}

function addCard({ total, usableAce }: Hand, card: number): Hand {
  const sum = total + card;
  if (card === 1 && !usableAce && sum + 10 <= LIMIT) return { total: sum + 10, usableAce: true };
  return usableAce && sum > LIMIT ? { total: sum - 10, usableAce: false } : { total: sum, usableAce };
}

function hit({ dealerCard, ...hand }: BlackjackState): Outcome[] {
  return CARDS.map(({ card, probability }) => {
    const { total, usableAce } = addCard(hand, card);
    const isBust = total > LIMIT;
    const nextState = encodeBlackjackState({ total, usableAce, dealerCard, isNatural: false });
    return { probability, nextState, reward: isBust ? -1 : 0, terminated: isBust };
  });
}

function stick(
  index: number,
  { total, isNatural }: BlackjackState,
  results: readonly DealerResult[],
  naturalReward: (reward: number, dealerIsNatural: boolean) => number,
): Outcome[] {
  const probabilities = new Map<number, number>();
  for (const result of results) {
    const comparison = Math.sign(total - result.score);
    const reward = isNatural ? naturalReward(comparison, result.isNatural) : comparison;
    probabilities.set(reward, (probabilities.get(reward) ?? 0) + result.probability);
  }
  return [...probabilities].map(([reward, probability]) => ({
    probability,
    nextState: index,
    reward,
    terminated: true,
  }));
}

interface DealerResult {
  readonly probability: number;
  /** 0 over 21. */
  readonly score: number;
  readonly isNatural: boolean;
}

/** What the dealer comes to from an open card. */
function dealerResults(openCard: number): DealerResult[] {
  const results: DealerResult[] = [];
  const draw = (hand: Hand, cards: number, chance: number): void => {
    if (cards >= 2 && hand.total >= DEALER_STANDS) {
      const score = hand.total > LIMIT ? 0 : hand.total;
      results.push({ probability: chance, score, isNatural: cards === 2 && score === LIMIT });
      return;
    }
    for (const { card, probability } of CARDS) draw(addCard(hand, card), cards + 1, chance * probability);
  };
  draw(addCard(EMPTY, openCard), 1, 1);
  return results;
}

function firstStates(): Float64Array {
  const distribution = new Float64Array(NUM_STATES);
  for (const dealer of CARDS) {
    for (const first of CARDS) {
      for (const second of CARDS) {
        const hand = addCard(addCard(EMPTY, first.card), second.card);
        const state = encodeBlackjackState({ ...hand, dealerCard: dealer.card, isNatural: hand.total === LIMIT });
        distribution[state] += dealer.probability * first.probability * second.probability;
      }
    }
  }
  return distribution;
}

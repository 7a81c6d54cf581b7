import { Discrete, MultiDiscrete, flag, type Dynamics, type RandomSource } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { blackjackTable } from './blackjack-table.ts';
import { blackjackFormat, renderBlackjack } from './rendering/blackjack.ts';

/** What may be changed about Blackjack. */
export interface BlackjackOptions {
  /** The rules of Sutton and Barto: a natural (ace and ten at once) beats all of the dealer's hands but a natural. Default true. */
  readonly sab?: boolean | undefined;
  /** Without `sab`: winning with a natural pays 1.5. Default false. */
  readonly natural?: boolean | undefined;
  /** Steps after which an episode is truncated. Default none (Blackjack-v1). */
  readonly maxEpisodeSteps?: number | undefined;
}

const LIMIT = 21;
const DEALER_STANDS = 17;

/**
 * Blackjack-v1 of Gymnasium (Sutton and Barto, 2018, Example 5.1): stick (0) or hit (1) until the sum of the cards comes near 21, but not over
 * it; then the dealer draws up to 17 or more, and the higher sum wins. Reward 1 for winning, −1 for losing, 0 for a draw and for
 * steps before the end. Cards come from an infinite deck; ten, jack, queen and king count 10, an ace 11 where that is not too much
 * (it is usable), else 1. Observation: the player's sum, the dealer's open card (1 is an ace), 1 if the player has a usable ace.
 * The states of its transition table say besides whether the player has a natural: {@link encodeBlackjackState}.
 */
export function blackjack(
  options: BlackjackOptions = {},
): Dynamics<'playerSum' | 'playerHasAce' | 'playerCards' | 'dealerCard' | 'hiddenCard', Int32Array> {
  const {
    sab = true,
    natural = false,
    maxEpisodeSteps,
  } = envOptions('blackjack', options, { sab: flag, natural: flag });
  /** What sticking with a natural pays, where comparing the hands pays `reward`. */
  function naturalReward(reward: number, dealerIsNatural: boolean): number {
    if (sab) return dealerIsNatural ? reward : 1;
    return natural && reward === 1 ? 1.5 : reward;
  }

  return {
    observationSpace: new MultiDiscrete([32, 11, 2]),
    actionSpace: new Discrete(2),
    /** `playerSum` counts aces as 1; `playerCards` is their number; `hiddenCard` the dealer's second one. */
    variables: { playerSum: 1, playerHasAce: 1, playerCards: 1, dealerCard: 1, hiddenCard: 1 },
    maxEpisodeSteps,
    get transitions() {
      return blackjackTable(naturalReward);
    },

    reset({ playerSum, playerHasAce, playerCards, dealerCard, hiddenCard }, index, random) {
      dealerCard[index] = drawCard(random);
      hiddenCard[index] = drawCard(random);
      const first = drawCard(random);
      const second = drawCard(random);
      playerSum[index] = first + second;
      playerHasAce[index] = first === 1 || second === 1 ? 1 : 0;
      playerCards[index] = 2;
      // Gymnasium draws the suit of the open card for its pictures, and jack, queen or king for a ten.
      random.integer(4);
      if (dealerCard[index] === 10) random.integer(3);
    },

    step(
      { playerSum, playerHasAce, playerCards, dealerCard, hiddenCard },
      actions,
      { rewards, terminated },
      start,
      end,
      randoms,
    ) {
      for (let i = start; i < end; i++) {
        if (actions[i] === 1) {
          const card = drawCard(randoms[i]);
          playerSum[i] += card;
          if (card === 1) playerHasAce[i] = 1;
          playerCards[i]++;
          const isBust = playerSum[i] > LIMIT;
          rewards[i] = isBust ? -1 : 0;
          terminated[i] = isBust ? 1 : 0;
          continue;
        }
        const total = handTotal(playerSum[i], playerHasAce[i]);
        const dealerTotal = playDealer(dealerCard[i], hiddenCard[i], randoms[i]);
        const dealerScore = dealerTotal > LIMIT ? 0 : dealerTotal;
        const isNatural = playerCards[i] === 2 && total === LIMIT;
        const dealerIsNatural = dealerCard[i] + hiddenCard[i] === 11 && (dealerCard[i] === 1 || hiddenCard[i] === 1);
        const reward = Math.sign(total - dealerScore);
        rewards[i] = isNatural ? naturalReward(reward, dealerIsNatural) : reward;
        terminated[i] = 1;
      }
    },

    observe({ playerSum, playerHasAce, dealerCard }, observations, start, end) {
      for (let i = start, k = 3 * start; i < end; i++, k += 3) {
        const total = handTotal(playerSum[i], playerHasAce[i]);
        observations[k] = total;
        observations[k + 1] = dealerCard[i];
        observations[k + 2] = total > playerSum[i] ? 1 : 0;
      }
    },

    renderFormat: blackjackFormat,
    render({ playerSum, playerHasAce, playerCards, dealerCard }, i, context) {
      const playerTotal = handTotal(playerSum[i], playerHasAce[i]);
      renderBlackjack(context, {
        playerTotal,
        playerCards: playerCards[i],
        hasUsableAce: playerTotal > playerSum[i],
        dealerCard: dealerCard[i],
      });
    },
  };
}

/** A card of an infinite deck: an ace as 1, of the thirteen ranks four count 10. */
function drawCard(random: RandomSource): number {
  return Math.min(random.integer(13) + 1, 10);
}

/** What a hand counts whose sum with aces as 1 is `sum`. */
function handTotal(sum: number, hasAce: number): number {
  return hasAce === 1 && sum + 10 <= LIMIT ? sum + 10 : sum;
}

/** Draws cards for the dealer up to 17 or more; what the hand then counts. */
function playDealer(openCard: number, hiddenCard: number, random: RandomSource): number {
  let sum = openCard + hiddenCard;
  let hasAce = openCard === 1 || hiddenCard === 1 ? 1 : 0;
  while (handTotal(sum, hasAce) < DEALER_STANDS) {
    const card = drawCard(random);
    sum += card;
    if (card === 1) hasAce = 1;
  }
  return handTotal(sum, hasAce);
}

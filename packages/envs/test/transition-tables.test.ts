import { NumpyRandom, type Dynamics, type RandomSource, type TransitionTable } from '@gradus/core';
import {
  aliasedGrid,
  blackjack,
  cliffWalking,
  frozenLake,
  lectureGrid,
  listEnvs,
  randomWalk,
  taxi,
  transitionTable,
  encodeBlackjackState,
} from '@gradus/envs';
import { describe, expect, test } from 'vitest';

test('finite environments have a table, the others say that they have none', () => {
  const finite = listEnvs().filter((id) => {
    try {
      return transitionTable(id).numStates > 0;
    } catch (error) {
      expect(String(error)).toContain(`${id}: expected a finite environment, got one without a transition table`);
      return false;
    }
  });
  expect(finite).toEqual([
    'AliasedGrid-v0',
    'Blackjack-v1',
    'CliffWalking-v1',
    'CliffWalkingSlippery-v1',
    'FrozenLake-v1',
    'FrozenLake8x8-v1',
    'LectureGrid-v0',
    'RandomWalk-v0',
    'RandomWalk1000-v0',
    'RandomWalk19-v0',
    'Taxi-v4',
  ]);
  expect(() => transitionTable('Taxi-v4', { ficklePassenger: true })).toThrow('Taxi-v4: expected a finite environment');
});

test('probabilities sum to 1 up to rounding', () => {
  for (const id of ['Blackjack-v1', 'CliffWalkingSlippery-v1', 'FrozenLake8x8-v1', 'RandomWalk1000-v0', 'Taxi-v4']) {
    const table = transitionTable(id);
    for (let pair = 0; pair + 1 < table.offsets.length; pair++) {
      const sum = table.probabilities.subarray(table.offsets[pair], table.offsets[pair + 1]).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 1), `${id}, pair ${pair}`).toBeLessThan(1e-13);
    }
    expect(Math.abs(table.initialDistribution.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-13);
  }
});

const SAMPLES = 10_000;

/** Dynamics with the one variable that says what state of the table they are in. */
type Finite = Dynamics<'state', Int32Array>;

const sampled: readonly [string, Finite][] = [
  ['FrozenLake', frozenLake({ successRate: 0.5 })],
  ['CliffWalking, slippery', cliffWalking({ isSlippery: true })],
  ['Taxi, rainy', taxi({ isRainy: true })],
  ['LectureGrid', lectureGrid()],
  ['AliasedGrid', aliasedGrid()],
  ['RandomWalk', randomWalk({ numStates: 30, maxJump: 7 })],
];

describe.each(sampled)('%s draws from its table', (_, dynamics) => {
  const table = dynamics.transitions!;
  const random = new NumpyRandom(0);
  const randoms = new Array<RandomSource>(SAMPLES).fill(random);

  test('first states', () => {
    const state = createStates(dynamics, 0);
    for (let i = 0; i < SAMPLES; i++) dynamics.reset(state, i, random);
    expectDistribution(
      Array.from(state.state, String),
      Array.from(table.initialDistribution, (probability, first) => [String(first), probability]),
    );
  });

  test('steps', () => {
    const pairs = table.numStates * table.numActions;
    const actions = new Int32Array(SAMPLES);
    const outcome = { rewards: new Float64Array(SAMPLES), terminated: new Uint8Array(SAMPLES) };
    // A dozen pairs, spread over all of the table.
    for (let k = 0; k < 12; k++) {
      const pair = Math.floor(((k + 0.5) * pairs) / 12);
      const from = Math.floor(pair / table.numActions);
      const state = createStates(dynamics, from);
      dynamics.step(state, actions.fill(pair % table.numActions), outcome, 0, SAMPLES, randoms);
      expectDistribution(
        Array.from(state.state, (next, i) => [next, outcome.rewards[i], outcome.terminated[i]].join()),
        table
          .outcomes(from, pair % table.numActions)
          .map(({ probability, nextState, reward, terminated }) => [
            [nextState, reward, Number(terminated)].join(),
            probability,
          ]),
      );
    }
  });
});

describe.each([
  ['sab', {}],
  ['natural', { sab: false, natural: true }],
  ['neither', { sab: false }],
])('Blackjack, %s, draws from its table', (_, options) => {
  const dynamics = blackjack(options);
  const table: TransitionTable = dynamics.transitions!;
  const random = new NumpyRandom(1);
  const randoms = new Array<RandomSource>(SAMPLES).fill(random);
  const state = {
    playerSum: new Float64Array(SAMPLES),
    playerHasAce: new Float64Array(SAMPLES),
    playerCards: new Float64Array(SAMPLES),
    dealerCard: new Float64Array(SAMPLES),
    hiddenCard: new Float64Array(SAMPLES),
  };
  const observations = new Float32Array(3 * SAMPLES);
  const tableStates = (): number[] => {
    dynamics.observe(state, observations, 0, SAMPLES);
    return Array.from(state.playerCards, (cards, i) => {
      const [total, dealerCard, usableAce] = observations.subarray(3 * i, 3 * i + 3);
      const isNatural = cards === 2 && total === 21;
      return encodeBlackjackState({ total, dealerCard, usableAce: usableAce === 1, isNatural });
    });
  };
  const deal = (): number[] => {
    for (let i = 0; i < SAMPLES; i++) dynamics.reset(state, i, random);
    return tableStates();
  };

  test('first states', () => {
    expectDistribution(
      deal().map(String),
      Array.from(table.initialDistribution, (probability, first) => [String(first), probability]),
    );
  });

  test.each([
    ['sticking', 0],
    ['hitting', 1],
  ])('%s', (__, action) => {
    const outcome = { rewards: new Float64Array(SAMPLES), terminated: new Uint8Array(SAMPLES) };
    const before = deal();
    dynamics.step(state, new Int32Array(SAMPLES).fill(action), outcome, 0, SAMPLES, randoms);
    const after = tableStates();
    // All first states together: μ(s) P(s′ | s, a), summed over s.
    const expected: [string, number][] = [];
    table.initialDistribution.forEach((start, s) => {
      if (start === 0) return;
      for (const { probability, nextState, reward, terminated } of table.outcomes(s, action)) {
        const what = action === 0 ? s : nextState;
        expected.push([[what, reward, Number(terminated)].join(), start * probability]);
      }
    });
    const seen = after.map((next, i) =>
      [action === 0 ? before[i] : next, outcome.rewards[i], outcome.terminated[i]].join(),
    );
    expectDistribution(seen, expected);
  });
});

function createStates(dynamics: Finite, from: number): { readonly state: Float64Array } {
  const entries = Object.keys(dynamics.variables).map((name) => [name, new Float64Array(SAMPLES).fill(from)]);
  return Object.fromEntries(entries) as { state: Float64Array };
}

/**
 * Pearson's χ² = Σ (observed − expected)² / expected against the probabilities, categories expected fewer than 5 times put together.
 * Bound: six standard deviations √(2 (k − 1)) over the mean k − 1, plus 10 for the longer tail where k is small: missed by chance less than once in 10⁵.
 */
function expectDistribution(samples: readonly string[], entries: readonly (readonly [string, number])[]): void {
  const probabilities = new Map<string, number>();
  for (const [key, probability] of entries) {
    if (probability > 0) probabilities.set(key, (probabilities.get(key) ?? 0) + probability);
  }
  const counts = new Map<string, number>();
  for (const key of samples) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const key of counts.keys()) expect(probabilities.has(key), `${key} can happen`).toBe(true);
  let rareExpected = 0;
  let rareObserved = 0;
  let statistic = 0;
  let categories = 0;
  const add = (observed: number, expected: number): void => {
    statistic += (observed - expected) ** 2 / expected;
    categories++;
  };
  for (const [key, probability] of probabilities) {
    const expected = probability * samples.length;
    const observed = counts.get(key) ?? 0;
    if (expected >= 5) add(observed, expected);
    else {
      rareExpected += expected;
      rareObserved += observed;
    }
  }
  if (rareExpected >= 5) add(rareObserved, rareExpected);
  const degrees = categories - 1;
  if (degrees > 0) expect(statistic).toBeLessThan(degrees + 6 * Math.sqrt(2 * degrees) + 10);
}

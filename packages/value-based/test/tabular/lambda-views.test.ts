import { Random } from '@gradus/core';
import { backwardView, forwardView, type LambdaViewOptions, type RecordedEpisode } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { maximumDifference } from '../support/random-tables.ts';

const numStates = 5;
const numActions = 3;
const steps = 40;

/** An episode that passes through all states often, and a table that is not 0. */
function randomEpisode(terminated: boolean): { episode: RecordedEpisode; values: Float64Array } {
  const random = new Random(7);
  return {
    episode: {
      states: Int32Array.from({ length: steps + 1 }, () => random.integer(numStates)),
      actions: Int32Array.from({ length: steps + 1 }, () => random.integer(numActions)),
      rewards: Float64Array.from({ length: steps }, () => random.normal()),
      terminated,
    },
    values: Float64Array.from({ length: numStates * numActions }, () => random.normal()),
  };
}

const cases = [0, 0.3, 0.9, 1].flatMap((lambda) =>
  (['taken', 'maximum'] as const).flatMap((bootstrap) =>
    [true, false].map((terminated) => ({ lambda, bootstrap, terminated })),
  ),
);

describe.each(cases)('λ = $lambda, $bootstrap, terminated: $terminated (S2.5)', ({ lambda, bootstrap, terminated }) => {
  const { episode, values } = randomEpisode(terminated);
  const options: LambdaViewOptions = { gamma: 0.95, lambda, alpha: 0.1, numActions, bootstrap };

  test('the forward view is the backward view', () => {
    const forward = forwardView(episode, values, options);
    expect(maximumDifference(forward, backwardView(episode, values, options))).toBeLessThan(1e-10);
    expect(maximumDifference(forward, values)).toBeGreaterThan(0.1);
  });

  test('the forward view follows the recursion G = r + γ [(1 − λ) b + λ G′]', () => {
    const { states, actions = [], rewards } = episode;
    const row = (t: number): Float64Array => values.subarray(states[t] * numActions, (states[t] + 1) * numActions);
    const valueAt = (t: number): number => (bootstrap === 'taken' ? row(t)[actions[t]] : Math.max(...row(t)));
    const returnFrom = (t: number): number => {
      if (t === steps) return terminated ? 0 : valueAt(t);
      const next = t + 1 === steps && terminated ? 0 : valueAt(t + 1);
      return rewards[t] + 0.95 * ((1 - lambda) * next + lambda * returnFrom(t + 1));
    };
    const expected = values.slice();
    for (let t = 0; t < steps; t++) {
      const pair = states[t] * numActions + actions[t];
      expected[pair] += 0.1 * (returnFrom(t) - values[pair]);
    }
    expect(maximumDifference(forwardView(episode, values, options), expected)).toBeLessThan(1e-10);
  });
});

test('with one action it is TD(λ) on state values; three steps by hand', () => {
  // γ = ½, λ = ½, v = [1, 2], 0 → 1 → 0 → end, rewards 1, 2, 4:
  // G₂ = 4, G₁ = 2 + ½ (½ · 1 + ½ · 4) = 3.25, G₀ = 1 + ½ (½ · 2 + ½ · 3.25) = 2.3125.
  const episode = { states: [0, 1, 0, 0], rewards: [1, 2, 4], terminated: true };
  const options = { gamma: 0.5, lambda: 0.5, alpha: 0.1 };
  const expected = [1 + 0.1 * (2.3125 - 1) + 0.1 * (4 - 1), 2 + 0.1 * (3.25 - 2)];
  for (const view of [forwardView, backwardView]) {
    expect(maximumDifference(view(episode, new Float64Array([1, 2]), options), expected)).toBeLessThan(1e-14);
  }
});

test('with λ = 1 and a terminated episode it is every-visit Monte Carlo, and bootstraps do not matter', () => {
  const { episode, values } = randomEpisode(true);
  const options = { gamma: 0.95, lambda: 1, alpha: 0.1, numActions };
  const [taken, best] = (['taken', 'maximum'] as const).map((bootstrap) =>
    backwardView(episode, values, { ...options, bootstrap }),
  );
  expect(maximumDifference(taken, best)).toBeLessThan(1e-10);
});

test('bad input is named', () => {
  const { episode, values } = randomEpisode(true);
  const options = { gamma: 0.95, lambda: 0.5, alpha: 0.1, numActions };
  expect(() => forwardView({ ...episode, states: [0, 1] }, values, options)).toThrow(
    new RangeError('states: expected 41 numbers, got 2'),
  );
  expect(() => backwardView({ ...episode, actions: [0] }, values, options)).toThrow(
    new RangeError('actions: expected 40 numbers, got 1'),
  );
  expect(() => backwardView(episode, values, { ...options, lambda: 2 })).toThrow(
    new RangeError('episode: expected lambda to be a number in [0, 1], got 2'),
  );
  expect(() => forwardView(episode, new Float64Array(4), options)).toThrow(
    /^episode: expected states and actions of a table of 4 values, got pair \d+$/,
  );
});

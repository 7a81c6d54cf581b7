import { Random } from '@gradus/core';
import { visitStepSize, tdLambda, uniformPolicy, temporalDifferencePrediction } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { EligibilityTraces } from '../../src/tabular/eligibility-traces.ts';
import { stepSizeValue, type StepSize } from '../../src/tabular/step-size.ts';
import { maximumDifference, randomTable } from '../support/random-tables.ts';
import { episodesOf, recordingEnv, type RecordedStep } from '../support/recording-env.ts';

test('what a visit adds, and how traces decay', () => {
  // The trace of value 0 after a visit, one visit to value 1 (γλ = ½), and another visit, with α = 0.4.
  const traceOf = (kind: 'accumulating' | 'replacing' | 'dutch'): Float64Array => {
    const traces = new EligibilityTraces(2, kind, 0.5);
    const ignored = new Float64Array(2);
    for (const index of [0, 1]) {
      traces.visit(index, 0.4);
      traces.apply(ignored, 0);
    }
    traces.visit(0, 0.4);
    const moved = new Float64Array(2);
    traces.apply(moved, 1);
    return moved;
  };
  expect(maximumDifference(traceOf('accumulating'), [0.1 + 0.4, 0.2])).toBeLessThan(1e-15);
  expect(maximumDifference(traceOf('replacing'), [0.4, 0.2])).toBeLessThan(1e-15);
  expect(maximumDifference(traceOf('dutch'), [0.1 + 0.4 * 0.9, 0.2])).toBeLessThan(1e-15);
});

/**
 * The online λ-return method (Sutton and Barto, 2018, §12.4), which at each step h does all of the episode again with returns cut at h;
 * bootstraps of time t are from the weights w_t that horizon t ended with. Returns w_h for h = 0 … T.
 */
function onlineLambdaReturns(
  episode: readonly RecordedStep[],
  initial: readonly number[],
  alphas: readonly number[],
  { gamma, lambda }: { gamma: number; lambda: number },
): number[][] {
  const weights: number[][] = [[...initial]];
  for (let h = 1; h <= episode.length; h++) {
    const values = [...initial];
    for (let t = 0; t < h; t++) {
      const nStep = (n: number): number => {
        const { nextState, terminated } = episode[t + n - 1];
        const rewards = episode.slice(t, t + n).reduce((sum, { reward }, k) => sum + gamma ** k * reward, 0);
        return rewards + (terminated ? 0 : gamma ** n * weights[t + n - 1][nextState]);
      };
      let target = lambda ** (h - t - 1) * nStep(h - t);
      for (let n = 1; n < h - t; n++) target += (1 - lambda) * lambda ** (n - 1) * nStep(n);
      values[episode[t].state] += alphas[t] * (target - values[episode[t].state]);
    }
    weights.push(values);
  }
  return weights;
}

test.each<[StepSize, number]>([
  [0.3, 0],
  [0.3, 0.7],
  [0.3, 1],
  [visitStepSize(0.6), 0.7],
])('with Dutch traces TD(λ) is the online λ-return method, at every step: α = %j, λ = %d', (alpha, lambda) => {
  const gamma = 0.95;
  const random = new Random(3);
  const numStates = 4;
  const episode: RecordedStep[] = Array.from({ length: 25 }, (_, t) => {
    const states = [Math.floor(2 + 2 * Math.sin(t * t)), Math.floor(2 + 2 * Math.sin((t + 1) ** 2))];
    return {
      state: states[0],
      action: 0,
      reward: random.normal(),
      nextState: states[1],
      terminated: t === 24,
      truncated: false,
    };
  });
  const initial = Array.from({ length: numStates }, () => random.normal());
  const visits = new Array<number>(numStates).fill(0);
  const alphas = episode.map(({ state }) => stepSizeValue(alpha, ++visits[state], 0));
  const expected = onlineLambdaReturns(episode, initial, alphas, { gamma, lambda });

  const values = Float64Array.from(initial);
  const traces = new EligibilityTraces(numStates, 'dutch', gamma * lambda);
  episode.forEach(({ state, reward, nextState, terminated }, t) => {
    const nextValue = terminated ? 0 : values[nextState];
    traces.update(values, state, alphas[t], reward + gamma * nextValue - values[state], nextValue);
    expect(maximumDifference(values, expected[t + 1])).toBeLessThan(1e-10);
  });
});

test.each([0.5, 1])('tdLambda with Dutch traces does so over many episodes, cut off or not: λ = %d', (lambda) => {
  const log: RecordedStep[] = [];
  const table = randomTable(1, 6, 3);
  const options = { episodes: 40, gamma: 0.9, alpha: 0.2 };
  const learned = tdLambda(recordingEnv(table, log, 7), uniformPolicy(table), { ...options, lambda, traces: 'dutch' });
  let values: number[] = new Array<number>(6).fill(0);
  for (const episode of episodesOf(log)) {
    const alphas = episode.map(() => options.alpha);
    values = onlineLambdaReturns(episode, values, alphas, { gamma: options.gamma, lambda })[episode.length];
  }
  expect(maximumDifference(learned, values)).toBeLessThan(1e-10);
  expect(log.some(({ truncated }) => truncated)).toBe(true);
});

test.each(['accumulating', 'replacing', 'dutch'] as const)('with λ = 0 and %s traces, TD(λ) is TD(0)', (traces) => {
  const table = randomTable(2, 6, 3);
  const [policy, options] = [uniformPolicy(table), { episodes: 40, gamma: 0.9, alpha: 0.2, seed: 5 }];
  const [learned, expected] = [
    tdLambda(recordingEnv(table, []), policy, { ...options, lambda: 0, traces }),
    temporalDifferencePrediction(recordingEnv(table, []), policy, options),
  ];
  expect(maximumDifference(learned, expected)).toBeLessThan(1e-12);
});

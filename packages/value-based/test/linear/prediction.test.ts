import {
  Box,
  Discrete,
  EnvError,
  Random,
  dynamicsFromTable,
  envFromDynamics,
  type Env,
  type Policy,
} from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import {
  LinearTd,
  LinearTdLambda,
  Lstd,
  Tdc,
  createFeatures,
  evaluatePolicy,
  expectedTd,
  linearStateValues,
  predictValues,
  stationaryStateDistribution,
  tdFixedPoint,
  type PredictionStep,
  type ValuePredictor,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';
import { recordEpisodes, referenceLambda, referenceNStep } from '../support/reference-prediction.ts';
import { tablePolicy } from '../support/table-policy.ts';

const NUM_STATES = 8;
const NUM_FEATURES = 4;
const table = randomTable(11, NUM_STATES, 3, 0.15);
const behaviour = randomPolicy(12, table);
const target = randomPolicy(13, table);
const ratio = (state: unknown, action: unknown): number => {
  const pair = Number(state) * table.numActions + Number(action);
  return target[pair] / behaviour[pair];
};
/** Episodes end by termination and by truncation. */
const makeWalk = (): Env => envFromDynamics(dynamicsFromTable(table, { maxEpisodeSteps: 9 }));
const random = new Random(14);
const rows = Array.from({ length: NUM_STATES }, () => Array.from({ length: NUM_FEATURES }, () => random.normal()));
const features = createFeatures(new Discrete(NUM_STATES), { kind: 'table', rows });
const [alpha, gamma] = [0.02, 0.9];

function step(observation: number, reward: number, changes: Partial<PredictionStep> = {}): PredictionStep {
  return {
    observation: Float32Array.of(observation),
    reward,
    terminated: false,
    truncated: false,
    ratio: 1,
    ...changes,
  };
}

/** What `predictor` was shown in 30 episodes off-policy. */
function learn(predictor: ValuePredictor): ReturnType<typeof recordEpisodes>['episodes'] {
  const { episodes, recorder } = recordEpisodes(predictor);
  predictValues(recorder, makeWalk(), tablePolicy(table, behaviour, 15), { episodes: 30, seed: 16, ratio });
  return episodes;
}

describe('n-step TD', () => {
  test.each([1, 2, 5, 100, Infinity])(
    'n = %d does what its definition says, off-policy, with both kinds of ends',
    (nSteps) => {
      const predictor = new LinearTd(features, { alpha, gamma, nSteps });
      const episodes = learn(predictor);
      expect(new Set(episodes.map(({ terminated }) => terminated)).size).toBe(2);
      const expected = referenceNStep(episodes, nSteps, { rows, alpha, gamma });
      expect(maximumDifference(predictor.weights, expected)).toBeLessThan(1e-12);
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.05);
    },
  );

  test('Monte Carlo, worked by hand: each visit moves towards its return when the episode has ended', () => {
    const predictor = new LinearTd(createFeatures(new Discrete(3), { kind: 'one-hot' }), {
      alpha: 0.5,
      gamma: 0.5,
      nSteps: Infinity,
    });
    predictor.begin(Float32Array.of(0));
    predictor.update(step(1, 2));
    predictor.update(step(0, 4));
    expect([...predictor.weights]).toEqual([0, 0, 0]);
    predictor.update(step(2, 8, { terminated: true, truncated: true }));
    // Returns 2 + 2 + 2 = 6, 4 + 4 = 8 and 8, of states 0, 1, 0: v(0) is 3 and then 3 + (8 − 3) / 2.
    expect([...predictor.weights]).toEqual([5.5, 4, 0]);
    // Cut off in state 1, which is worth 4: returns 1 + 4/2 = 3 of state 2.
    predictor.begin(Float32Array.of(2));
    predictor.update(step(1, 1, { truncated: true }));
    expect([...predictor.weights]).toEqual([5.5, 4, 1.5]);
  });
});

describe('TD(λ)', () => {
  test.each([0, 0.4, 1])('λ = %d does what its definition says, off-policy, with both kinds of ends', (lambda) => {
    const predictor = new LinearTdLambda(features, { alpha, gamma, lambda });
    const episodes = learn(predictor);
    const expected = referenceLambda(episodes, lambda, { rows, alpha, gamma });
    expect(maximumDifference(predictor.weights, expected)).toBeLessThan(1e-12);
  });

  test('what decayed to nothing may be dropped: 1002 states of their own, λ = 0.4', () => {
    const walk = makeEnv('RandomWalk1000-v0');
    const oneHot = createFeatures(walk.observationSpace, { kind: 'one-hot' });
    const predictor = new LinearTdLambda(oneHot, { alpha: 0.5, gamma: 1, lambda: 0.4 });
    const { episodes, recorder } = recordEpisodes(predictor);
    predictValues(recorder, walk, { act: () => 0 }, { episodes: 20, seed: 1 });
    // 0.4⁵¹ < 10⁻²⁰, the smallest trace that is kept.
    expect(Math.max(...episodes.map(({ rewards }) => rewards.length))).toBeGreaterThan(100);
    const identity = Array.from({ length: 1002 }, (_, i) => new Array<number>(1002).fill(0).with(i, 1));
    const expected = referenceLambda(episodes, 0.4, { rows: identity, alpha: 0.5, gamma: 1 });
    expect(maximumDifference(predictor.weights, expected)).toBeLessThan(1e-14);
  });

  test('λ = 0 is TD(0)', () => {
    const [lambda, oneStep] = [
      new LinearTdLambda(features, { alpha, gamma, lambda: 0 }),
      new LinearTd(features, { alpha, gamma }),
    ];
    learn(lambda);
    learn(oneStep);
    expect(maximumDifference(lambda.weights, oneStep.weights)).toBeLessThan(1e-14);
  });

  test('λ = 1 differs from Monte Carlo by O(α²) in an episode', () => {
    const difference = (size: number): number => {
      const [lambda, monteCarlo] = [
        new LinearTdLambda(features, { alpha: size, gamma, lambda: 1 }),
        new LinearTd(features, { alpha: size, gamma, nSteps: Infinity }),
      ];
      for (const predictor of [lambda, monteCarlo]) {
        predictValues(predictor, makeWalk(), tablePolicy(table, behaviour, 1), { episodes: 1, seed: 2 });
      }
      return maximumDifference(lambda.weights, monteCarlo.weights);
    };
    expect(difference(1e-3)).toBeGreaterThan(0);
    // Of order two: a tenth of α makes a hundredth of the difference.
    expect(difference(1e-4) / difference(1e-3)).toBeCloseTo(0.01, 3);
  });
});

test('TDC, worked by hand', () => {
  const predictor = new Tdc(
    createFeatures(new Discrete(2), {
      kind: 'table',
      rows: [
        [1, 2],
        [3, 0],
      ],
    }),
    {
      alpha: 0.5,
      beta: 0.25,
      gamma: 0.5,
    },
  );
  predictor.weights.set([2, 1]);
  predictor.correction.set([1, -1]);
  predictor.begin(Float32Array.of(0));
  // δ = 1 + ½ · 6 − 4 = 0 and uᵀx = −1: w ← w + ½ · 2 · ½ · 1 · (3, 0), u ← u + ¼ · 2 · (0 + 1) · (1, 2).
  predictor.update(step(1, 1, { ratio: 2 }));
  expect([...predictor.weights]).toEqual([3.5, 1]);
  expect([...predictor.correction]).toEqual([1.5, 0]);
  // δ = 2 − 10.5 = −8.5, nothing follows; uᵀx = 4.5: w ← w + ½ · (−8.5) · (3, 0), u ← u + ¼ · (−13) · (3, 0).
  predictor.update(step(0, 2, { terminated: true }));
  expect([...predictor.weights]).toEqual([3.5 - 12.75, 1]);
  expect([...predictor.correction]).toEqual([1.5 - 9.75, 0]);
});

describe('least-squares TD', () => {
  test('with every outcome as often as it is likely it is the TD fixed point, off-policy too', () => {
    // All probabilities are multiples of 1/2 or 1/4, so that a few steps, each begun anew, have them exactly.
    const small = {
      outcomes: [
        [step(1, 1), step(2, 0)],
        [step(0, -1, { terminated: true }), step(2, 2)],
        [step(0, 0.5), step(1, 3)],
      ],
      rows: [
        [1, 0],
        [0.5, 1],
        [-1, 2],
      ],
    };
    const lstd = new Lstd(createFeatures(new Discrete(3), { kind: 'table', rows: small.rows }), gamma);
    // π takes outcome 0 with probability 3/4, b with 1/2.
    small.outcomes.forEach((outcomes, state) => {
      outcomes.forEach((outcome, action) => {
        lstd.begin(Float32Array.of(state));
        lstd.update({ ...outcome, ratio: action === 0 ? 1.5 : 0.5 });
      });
    });
    const x = small.rows;
    const expected = solveTwo(
      small.outcomes.flatMap((outcomes, s) =>
        outcomes.map(({ reward, observation, terminated }, action) => {
          const probability = action === 0 ? 0.75 : 0.25;
          const next = terminated ? [0, 0] : x[observation[0]];
          return { probability, x: x[s], difference: x[s].map((value, i) => value - gamma * next[i]), reward };
        }),
      ),
    );
    expect(maximumDifference(lstd.solve(), expected)).toBeLessThan(1e-12);
  });

  test('a feature that was never seen', () => {
    const lstd = new Lstd(createFeatures(new Discrete(2), { kind: 'one-hot' }), gamma);
    lstd.begin(Float32Array.of(0));
    lstd.update(step(0, 1));
    expect(() => lstd.solve()).toThrow(
      new RangeError('Lstd: expected independent features or a larger regularization, got a singular system with 0'),
    );
    const [seen, unseen] = lstd.solve(1e-9);
    expect(seen).toBeCloseTo(10, 6);
    expect(unseen).toBe(0);
  });
});

/** Solves E[x (x − γ x′)ᵀ] w = E[r x] for two features by Cramer's rule. */
function solveTwo(
  steps: readonly { probability: number; x: readonly number[]; difference: readonly number[]; reward: number }[],
): number[] {
  const mean = (of: (each: (typeof steps)[number]) => number): number =>
    steps.reduce((sum, each) => sum + each.probability * of(each), 0);
  const a = [0, 1].map((i) => [0, 1].map((j) => mean(({ x, difference }) => x[i] * difference[j])));
  const b = [0, 1].map((i) => mean(({ x, reward }) => x[i] * reward));
  const determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
  return [(b[0] * a[1][1] - a[0][1] * b[1]) / determinant, (a[0][0] * b[1] - a[1][0] * b[0]) / determinant];
}

test('the TD fixed point of one-hot features is the exact values', () => {
  const oneHot = createFeatures(new Discrete(NUM_STATES), { kind: 'one-hot' });
  const system = expectedTd(table, target, oneHot, gamma, stationaryStateDistribution(table, behaviour));
  const values = linearStateValues(
    oneHot,
    tdFixedPoint(system),
    Array.from({ length: NUM_STATES }, (_, s) => s),
  );
  expect(maximumDifference(values, evaluatePolicy(table, target, gamma))).toBeLessThan(1e-10);
});

describe('errors', () => {
  const policy: Policy = { act: () => 0 };
  const predictor = new LinearTd(features, { alpha, gamma });

  test('neither episodes nor steps, or both', () => {
    const message = 'predictValues: expected either episodes or steps, got';
    expect(() => predictValues(predictor, makeWalk(), policy, {})).toThrow(`${message} undefined and undefined`);
    expect(() => predictValues(predictor, makeWalk(), policy, { episodes: 1, steps: 2 })).toThrow(`${message} 1 and 2`);
    expect(() => predictValues(predictor, makeWalk(), policy, { steps: 0.5 })).toThrow(RangeError);
  });

  test('a reward that is not a number, a ratio that is none', () => {
    const env = (reward: number): Env => ({
      observationSpace: new Discrete(NUM_STATES),
      actionSpace: new Discrete(1),
      reset: () => ({ observation: 0 }),
      step: () => ({ observation: 0, reward, terminated: false, truncated: false }),
    });
    expect(() => predictValues(predictor, env(1), policy, { episodes: 1, maxEpisodeSteps: 9 })).toThrow(
      'predictValues: an episode did not end within 9 steps; give the environment a time limit',
    );
    expect(() => predictValues(predictor, env(NaN), policy, { steps: 1 })).toThrow(
      new EnvError('reward of the environment is NaN, expected a finite number'),
    );
    expect(() => predictValues(predictor, env(0), policy, { steps: 1, ratio: () => -1 })).toThrow(
      new EnvError('ratio is -1, expected a finite number of at least 0'),
    );
  });

  test('a step size with which values diverge', () => {
    const env = makeEnv('RandomWalk19-v0');
    const tiles = createFeatures(env.observationSpace, { kind: 'tiles' });
    expect(() =>
      predictValues(new LinearTd(tiles, { alpha: 2, gamma: 1 }), env, policy, { steps: 50_000, seed: 1 }),
    ).toThrow(/^LinearTd: values have diverged, the error is .*; expected a smaller alpha, got 2$/);
  });

  test('options', () => {
    expect(() => new LinearTd(features, { alpha: -1, gamma })).toThrow(
      'LinearTd: expected alpha to be a number of at least 0',
    );
    expect(() => new LinearTd(features, { alpha, gamma, nSteps: 0 })).toThrow(
      'LinearTd: expected nSteps to be a positive integer or Infinity, got 0',
    );
    expect(() => new LinearTdLambda(features, { alpha, gamma, lambda: 2 })).toThrow(
      'expected lambda to be a number in [0, 1], got 2',
    );
    expect(() => new Tdc(features, { alpha, gamma, beta: NaN })).toThrow(
      'Tdc: expected beta to be a number of at least 0',
    );
    expect(() => new Lstd(features, 2)).toThrow('Lstd: expected gamma to be a number in [0, 1], got 2');
    expect(() => linearStateValues(features, new Float64Array(3), [0])).toThrow('weights: expected 4 numbers, got 3');
    const box = createFeatures(new Box(0, 1, [2]), { kind: 'polynomial', order: 1 });
    expect(() => linearStateValues(box, new Float64Array(4), [0, 1, 2], 2)).toThrow('observations: expected rows of 2');
  });
});

import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import {
  discountedReturn,
  discountedReturns,
  generalizedAdvantageEstimation,
  lambdaReturns,
  nStepReturns,
  rewardToGo,
  type ValuedTransitions,
} from '../../src/buffers/returns.ts';

/** Four steps of two environments: the first terminates after step 1, the second is truncated after step 2. */
const small: ValuedTransitions = {
  numEnvs: 2,
  rewards: [1, 10, 2, 20, 3, 30, 4, 40],
  values: [5, 50, 6, 60, 7, 70, 8, 80],
  nextValues: [6, 60, 999, 70, 8, 75, 9, 90],
  terminated: [0, 0, 1, 0, 0, 0, 0, 0],
  truncated: [0, 0, 0, 0, 0, 1, 0, 0],
};

/** Random transitions with all kinds of ends, where v(s′) is v of the next step unless an episode ended. */
function randomTransitions(steps: number, numEnvs: number): ValuedTransitions {
  const random = new Random(5);
  const size = steps * numEnvs;
  const draw = (): Float64Array => Float64Array.from({ length: size }, () => random.normal());
  const flags = (): Uint8Array => Uint8Array.from({ length: size }, () => (random.nextFloat() < 0.1 ? 1 : 0));
  const values = draw();
  const terminated = flags();
  const truncated = flags();
  const nextValues = draw().map((final, k) => {
    const inside = !terminated[k] && !truncated[k] && k + numEnvs < size;
    return inside ? values[k + numEnvs] : final;
  });
  return { numEnvs, rewards: draw(), values, nextValues, terminated, truncated };
}

const double = (transitions: ValuedTransitions): Float64Array => new Float64Array(transitions.rewards.length);

describe('one episode', () => {
  test('discountedReturn of ones is the geometric sum', () => {
    expect(discountedReturn(new Float32Array(10).fill(1), 0.9)).toBeCloseTo((1 - 0.9 ** 10) / 0.1, 12);
    expect(discountedReturn([], 0.9)).toBe(0);
  });

  test('rewardToGo begins with the return and ends with the last reward', () => {
    const rewards = [1, -2, 3, 0.5];
    const result = rewardToGo(rewards, 0.9, new Float64Array(4));
    expect(result[0]).toBeCloseTo(discountedReturn(rewards, 0.9), 14);
    expect(result[1]).toBeCloseTo(-2 + 0.9 * 3 + 0.81 * 0.5, 14);
    expect(result[3]).toBe(0.5);
    expect(rewardToGo(rewards, 1)).toEqual(Float32Array.of(2.5, 1.5, 3.5, 0.5));
  });
});

describe('rollouts, worked out by hand', () => {
  test('discountedReturns stop at termination and bootstrap at truncation and at the end', () => {
    // γ = ½. First: 2; 1 + ½·2; 4 + ½·9; 3 + ½·8.5. Second: 40 + ½·90; 30 + ½·75; 20 + ½·67.5; 10 + ½·53.75.
    expect([...discountedReturns(small, 0.5)]).toEqual([2, 36.875, 2, 53.75, 7.25, 67.5, 8.5, 85]);
  });

  test('nStepReturns with n = 2', () => {
    const expected = [
      1 + 0.5 * 2,
      10 + 0.5 * 20 + 0.25 * 70,
      2,
      20 + 0.5 * 30 + 0.25 * 75,
      3 + 0.5 * 4 + 0.25 * 9,
      30 + 0.5 * 75,
      4 + 0.5 * 9,
      40 + 0.5 * 90,
    ];
    expect([...nStepReturns(small, { gamma: 0.5, n: 2 })]).toEqual(expected);
  });

  test('generalizedAdvantageEstimation with γ = λ = ½', () => {
    const first = [1 + 0.5 * 6 - 5, 2 - 6, 3 + 0.5 * 8 - 7, 4 + 0.5 * 9 - 8];
    const second = [10 + 0.5 * 60 - 50, 20 + 0.5 * 70 - 60, 30 + 0.5 * 75 - 70, 40 + 0.5 * 90 - 80];
    const a2 = first[2] + 0.25 * first[3];
    const b1 = second[1] + 0.25 * second[2];
    const expected = [
      first[0] + 0.25 * first[1],
      second[0] + 0.25 * b1,
      first[1],
      b1,
      a2,
      second[2],
      first[3],
      second[3],
    ];
    expect([...generalizedAdvantageEstimation(small, { gamma: 0.5, lambda: 0.5 })]).toEqual(expected);
  });
});

describe('identities between them', () => {
  const transitions = randomTransitions(50, 3);
  const { rewards, values, nextValues, terminated } = transitions;
  const gamma = 0.97;

  const expectSame = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
    expect(actual.length).toBe(expected.length);
    for (let k = 0; k < actual.length; k++) expect(actual[k]).toBeCloseTo(expected[k], 12);
  };

  test.each([0, 0.3, 0.95, 1])('advantages plus values are the λ-returns, λ = %d', (lambda) => {
    const advantages = generalizedAdvantageEstimation(transitions, { gamma, lambda }, double(transitions));
    const returns = lambdaReturns(transitions, { gamma, lambda }, double(transitions));
    expectSame(
      advantages.map((advantage, k) => advantage + values[k]),
      returns,
    );
  });

  test('λ = 0 and n = 1 are one-step targets', () => {
    const targets = Float64Array.from(rewards, (reward, k) => reward + (terminated[k] ? 0 : gamma * nextValues[k]));
    expectSame(lambdaReturns(transitions, { gamma, lambda: 0 }, double(transitions)), targets);
    expectSame(nStepReturns(transitions, { gamma, n: 1 }, double(transitions)), targets);
  });

  test('λ = 1 and n beyond the end are discounted returns', () => {
    const returns = discountedReturns(transitions, gamma, double(transitions));
    expectSame(lambdaReturns(transitions, { gamma, lambda: 1 }, double(transitions)), returns);
    expectSame(nStepReturns(transitions, { gamma, n: 50 }, double(transitions)), returns);
  });

  test('λ-returns are the λ-weighted mean of n-step returns', () => {
    // Gλ = (1 − λ) Σₙ λⁿ⁻¹ G⁽ⁿ⁾ + λᴺ⁻¹ G⁽ᴺ⁾ (Sutton and Barto, equation 12.3).
    const lambda = 0.8;
    const expected = double(transitions);
    for (let n = 1; n < 50; n++) {
      nStepReturns(transitions, { gamma, n }).forEach(
        (value, k) => (expected[k] += (1 - lambda) * lambda ** (n - 1) * value),
      );
    }
    nStepReturns(transitions, { gamma, n: 50 }).forEach((value, k) => (expected[k] += lambda ** 49 * value));
    const actual = lambdaReturns(transitions, { gamma, lambda }, double(transitions));
    for (let k = 0; k < actual.length; k++) expect(actual[k]).toBeCloseTo(expected[k], 5);
  });

  test('environments side by side do not touch each other', () => {
    const together = generalizedAdvantageEstimation(transitions, { gamma, lambda: 0.9 });
    const column = (array: ArrayLike<number>, i: number): Float64Array =>
      Float64Array.from({ length: 50 }, (_, t) => array[3 * t + i]);
    for (let i = 0; i < 3; i++) {
      const alone: ValuedTransitions = {
        numEnvs: 1,
        rewards: column(rewards, i),
        values: column(values, i),
        nextValues: column(nextValues, i),
        terminated: column(terminated, i),
        truncated: column(transitions.truncated, i),
      };
      const result = generalizedAdvantageEstimation(alone, { gamma, lambda: 0.9 }, new Float32Array(50));
      expect([...result]).toEqual([...column(together, i)]);
    }
  });
});

describe('what cannot be right is refused by name', () => {
  const functions = {
    discountedReturns: (transitions: ValuedTransitions, options: object, target?: Float64Array) =>
      discountedReturns(transitions, 'gamma' in options ? (options.gamma as number) : 0.9, target),
    nStepReturns: (transitions: ValuedTransitions, options: object, target?: Float64Array) =>
      nStepReturns(transitions, { gamma: 0.9, n: 2, ...options }, target),
    lambdaReturns: (transitions: ValuedTransitions, options: object, target?: Float64Array) =>
      lambdaReturns(transitions, { gamma: 0.9, lambda: 0.8, ...options }, target),
    generalizedAdvantageEstimation: (transitions: ValuedTransitions, options: object, target?: Float64Array) =>
      generalizedAdvantageEstimation(transitions, { gamma: 0.9, lambda: 0.8, ...options }, target),
  };

  describe.each(Object.entries(functions))('%s', (_, compute) => {
    test.each([undefined, null, NaN, 0, -1, 1.5, Infinity, '2'])('numEnvs %s', (numEnvs) => {
      expect(() => compute({ ...small, numEnvs: numEnvs as number }, {})).toThrow(
        /expected numEnvs to be a positive integer, got/,
      );
    });

    test('lengths', () => {
      expect(() => compute({ ...small, numEnvs: 3 }, {})).toThrow('expected rewards of whole steps of 3 copies, got 8');
      for (const name of ['nextValues', 'terminated', 'truncated'] as const) {
        for (const wrong of [[], [0, 1], undefined]) {
          expect(() => compute({ ...small, [name]: wrong }, {})).toThrow(
            `expected ${name} to be as long as rewards, 8, got ${String(wrong?.length)}`,
          );
        }
      }
      expect(() => compute(small, {}, new Float64Array(7))).toThrow(
        'expected target to be as long as rewards, 8, got 7',
      );
    });

    test.each([-0.1, 1.1, NaN, undefined, '0.9'])('gamma %s', (gamma) => {
      expect(() => compute(small, { gamma })).toThrow(/expected gamma to be a number in \[0, 1\], got/);
    });
  });

  test('lambda, n and values', () => {
    for (const lambda of [-0.1, 1.1, NaN, undefined]) {
      const message = /expected lambda to be a number in \[0, 1\], got/;
      expect(() => functions.lambdaReturns(small, { lambda })).toThrow(message);
      expect(() => functions.generalizedAdvantageEstimation(small, { lambda })).toThrow(message);
    }
    for (const n of [0, -1, 1.5, NaN, undefined]) {
      expect(() => functions.nStepReturns(small, { n })).toThrow(
        /expected n to be a positive integer or Infinity, got/,
      );
    }
    expect(() => functions.generalizedAdvantageEstimation({ ...small, values: [1] }, {})).toThrow(
      'generalizedAdvantageEstimation: expected values to be as long as rewards, 8, got 1',
    );
  });

  test('of one episode', () => {
    for (const gamma of [-1, 2, NaN]) {
      expect(() => discountedReturn([1, 2], gamma)).toThrow(
        'discountedReturn: expected gamma to be a number in [0, 1]',
      );
      expect(() => rewardToGo([1, 2], gamma)).toThrow('rewardToGo: expected gamma to be a number in [0, 1]');
    }
    expect(() => rewardToGo([1, 2], 1, new Float32Array(3))).toThrow(
      'rewardToGo: expected target to be as long as rewards, 2, got 3',
    );
  });
});

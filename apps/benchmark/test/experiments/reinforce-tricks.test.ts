import { describe, expect, it } from 'vitest';
import { evaluate } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Reinforce } from '@gradus/policy-gradient';
import { percentText } from '../../src/report/numbers.ts';
import { reinforceTricks, trainReinforce } from '../../src/experiments/reinforce-tricks.ts';

type Variant = Parameters<typeof reinforceTricks.verdict>[0]['variants'][number];

const LABELS = ['total return', 'reward to go', '… and value baseline', '… and normalized'];

/** A variant whose return in training is `training` ± `spread`, and that ends with `scores`. */
function variant(
  label: string,
  learningRate: number,
  training: number,
  scores: readonly number[],
  spread = 5,
): Variant {
  const around = { value: training, low: training - spread, high: training + spread };
  return { label, learningRate, training: around, scores, curve: [{ x: 100_000, ...around }] };
}

/** Made-up numbers: all variants at one step size, and worse at another. */
function numbersOf(trainings: readonly number[], scores: readonly (readonly number[])[]) {
  const variants = LABELS.flatMap((label, i) => [
    variant(label, 0.01, trainings[i] - 30, [9]),
    variant(label, 0.001, trainings[i], scores[i]),
  ]);
  return { variants };
}

const solved = [500, 500, 490, 475, 300];
const failed = [500, 9, 9, 9, 9];

describe('the verdict', () => {
  const verdictOf = (...numbers: Parameters<typeof numbersOf>) =>
    reinforceTricks.verdict(numbersOf(...numbers)).map(({ holds }) => holds);
  const scores = [failed, failed, solved, solved];

  it('compares variants at their better step sizes', () => {
    expect(verdictOf([100, 200, 300, 310], scores)).toEqual([true, true, true, true]);
    const [{ found }] = reinforceTricks.verdict(numbersOf([100, 200, 300, 310], scores));
    expect(found).toBe('reward to go 200.0 [195.0, 205.0] at 0.001, total return 100.0 [95.0, 105.0] at 0.001');
  });

  it.each([
    { what: 'the reward to go is worth little', trainings: [195, 200, 300, 310], holds: [false, true, true, true] },
    { what: 'a baseline does harm', trainings: [100, 200, 150, 310], holds: [true, false, true, true] },
    {
      what: 'normalization does some beyond the intervals',
      trainings: [100, 200, 300, 280],
      holds: [true, true, false, true],
    },
    { what: 'it does some within them', trainings: [100, 200, 300, 295], holds: [true, true, true, true] },
  ])('says so where $what', ({ trainings, holds }) => {
    expect(verdictOf(trainings, scores)).toEqual(holds);
  });

  it('says so where too few seeds end well, or as many without tricks', () => {
    expect(verdictOf([100, 200, 300, 310], [failed, failed, solved, failed])).toEqual([true, true, true, false]);
    expect(verdictOf([100, 200, 300, 310], [solved, failed, solved, solved])).toEqual([true, true, true, false]);
  });

  it('has a row of numbers for each variant and step size, and a figure for each step size', () => {
    const numbers = numbersOf([100, 200, 300, 310], scores);
    expect(reinforceTricks.table(numbers).rows).toHaveLength(8);
    expect(reinforceTricks.table(numbers).rows[7]).toEqual([
      '… and normalized',
      '0.001',
      '310.0',
      '[305.0, 315.0]',
      '453.0',
      percentText(0.8),
    ]);
    expect(reinforceTricks.figures(numbers).map(({ name }) => name)).toEqual(['figure-1', 'figure-2']);
  });
});

it('follows an agent through its training', () => {
  const options = { baseline: 0, hidden: [4], seed: 3 };
  const steps = 4000;
  const { curve, score } = trainReinforce(options, steps);
  const agent = new Reinforce(makeEnv('CartPole-v1'), options);
  const updates = [...agent.learn({ steps })];
  const expected = Array.from(
    { length: 20 },
    (_, i) => updates.find(({ step }) => step >= (i + 1) * 200)?.episodeReturn,
  );
  expect(curve).toEqual(expected);
  const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 50, seed: 3 });
  expect(score).toBe(meanReturn);
});

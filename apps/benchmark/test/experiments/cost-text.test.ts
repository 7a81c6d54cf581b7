import { describe, expect, it } from 'vitest';
import { costText } from '../../src/experiments/cost-text.ts';

describe('costText', () => {
  const cost = { seconds: 50 };
  it.each([
    { given: { cost, seeds: 10 }, seeds: 10, text: 'about 50 seconds' },
    { given: { cost, seeds: 10 }, seeds: 1, text: 'about 5 seconds' },
    { given: { cost, seeds: 100 }, seeds: 1, text: 'about 1 second' },
    { given: { cost, seeds: 10 }, seeds: 36, text: 'about 3 minutes' },
    { given: { cost, seeds: 1 }, seeds: 144, text: 'about 2 hours' },
    {
      given: { cost: { seconds: 8200 }, seeds: 3, suite: 'dqn-ablation' },
      seeds: 3,
      text: 'about 68 minutes on 2 cores',
    },
  ])('$given.seeds repetitions are $given.cost.seconds s, $seeds $text', ({ given, seeds, text }) => {
    expect(costText(given, seeds, 2)).toBe(text);
  });
});

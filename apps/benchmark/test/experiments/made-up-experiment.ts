import { curvesFigure } from '../../src/experiments/curves-figure.ts';
import type { Experiment } from '../../src/experiments/experiment.ts';

/** An experiment whose number is given, with texts that need escaping. */
export const madeUpExperiment: Experiment<{ readonly value: number }> = {
  name: 'made-up',
  title: 'A & <b>',
  question: 'Is it so?',
  section: 'S0',
  method: ['One number.'],
  remarks: ['That is a pity.'],
  seeds: 2,
  cost: { seconds: 1 },
  run: () => ({ value: 0.5 }),
  figures: ({ value }) => [
    curvesFigure({
      name: 'figure',
      title: 'Values',
      curves: [{ label: 'a', points: [0, 1].map((x) => ({ x, value, low: value / 2, high: 2 * value })) }],
      x: { label: 'steps' },
      y: { label: 'value', type: 'log' },
    }),
  ],
  table: ({ value }) => ({ head: ['name', 'value'], rows: [['a | b', value.toFixed(2)]] }),
  verdict: ({ value }) => [{ claim: 'the value is at most 0.5', holds: value <= 0.5, found: `it is ${value}` }],
};

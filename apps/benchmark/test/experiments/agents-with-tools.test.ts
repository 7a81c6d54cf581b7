import { expect, it } from 'vitest';
import { agentsWithTools } from '../../src/experiments/agents-with-tools.ts';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';

type Numbers = Parameters<typeof agentsWithTools.verdict>[0];

/** Made-up numbers of three seeds: success grows evenly from 0.5 to what is given, one point to either side. */
function numbersOf(changes: Readonly<Record<string, number>> = {}, calls = 5 / 3): Numbers {
  const ends = Object.values({ rloo: 0.95, grpo: 0.95, ppo: 0.95, pair: 0.98, ...changes });
  const curves = [-0.01, 0, 0.01].map((around) =>
    ends.map((end) =>
      Array.from({ length: 6 }, (_, i) => {
        const success = 0.5 + (i / 5) * (end + around - 0.5);
        return { episodes: 1920 * i, success, reward: success - 0.05 * calls, calls };
      }),
    ),
  );
  return { curves };
}

const verdictOf = (numbers: Numbers): boolean[] => agentsWithTools.verdict(numbers).map(({ holds }) => holds);
const allBut = (...wrong: number[]): boolean[] => Array.from({ length: 6 }, (_, i) => !wrong.includes(i));

it('holds where everybody learns and the pair is the best', () => {
  expect(verdictOf(numbersOf())).toEqual(allBut());
});

it('tells each claim that does not', () => {
  // One seed below the margin is enough.
  expect(verdictOf(numbersOf({ rloo: 0.855 }))).toEqual(allBut(0));
  expect(verdictOf(numbersOf({ grpo: 0.855 }))).toEqual(allBut(1));
  expect(verdictOf(numbersOf({ ppo: 0.855 }))).toEqual(allBut(2));
  expect(verdictOf(numbersOf({ pair: 0.855 }))).toEqual(allBut(3, 5));
  expect(verdictOf(numbersOf({}, 1.5))).toEqual(allBut(4));
  expect(verdictOf(numbersOf({ pair: 0.96 }))).toEqual(allBut(5));
});

it('has a row for each learner, and draws', () => {
  const numbers = numbersOf();
  const { head, rows } = agentsWithTools.table(numbers);
  expect(rows.map(([learner]) => learner)).toEqual(['rloo', 'grpo', 'ppo', 'pair, rloo']);
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[0]).toEqual(['rloo', '50.0', '95.0', '[94.0, 96.0]', '44.0', '0.867', '1.67']);
  const files = recordFiles(makeRecord(agentsWithTools, 3, numbers));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'numbers.json', 'README.md']);
});

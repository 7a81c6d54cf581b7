import { expect, it } from 'vitest';
import { playGame, type BackgammonPlayer, type Position, type Turn } from '@gradus/envs/backgammon';
import { Random, spawnSeed } from '@gradus/core';
import { equityLoss, type Judge } from '../../src/backgammon/equity-loss.ts';

/** By how many pips the player is ahead who sees the position. */
function ahead(position: Position): number {
  let pips = 0;
  for (let point = 0; point <= 25; point++) {
    const n = position[point];
    pips -= n > 0 ? n * point : n * (25 - point);
  }
  return pips;
}

/** A judge to whom each pip that a player is ahead is worth a hundredth, and who plays by that. */
const judge: Judge = {
  choose: ({ afterstates }) => {
    const pips = afterstates.map(ahead);
    return pips.indexOf(Math.max(...pips));
  },
  // 2 W − 1 is the equity where there are no gammons.
  evaluate: async (position) => Promise.resolve(Float64Array.of((1 + ahead(position) / 100) / 2, 0, 0, 0, 0)),
};

const last: BackgammonPlayer = { choose: ({ afterstates }) => afterstates.length - 1 };

it('is the difference of what the judge says of his play and of the player’s, and nothing where they are the same', async () => {
  const turns: Turn[] = [];
  const recording: BackgammonPlayer = {
    choose: (turn) => {
      turns.push({ ...turn, afterstates: turn.afterstates.map((each) => each.slice()) });
      return last.choose(turn);
    },
  };
  await playGame([recording, recording], 0, new Random(spawnSeed(3, 0)));
  // Until checkers are borne off, where points count.
  const decided = turns.slice(0, 20);
  const differences = decided.map(({ afterstates }) => {
    const worth = afterstates.map((each) => ahead(each) / 100);
    return Math.max(...worth) - worth[worth.length - 1];
  });
  const mean = differences.reduce((sum, x) => sum + x, 0) / 20;
  const { loss, standardError, decisions } = await equityLoss(last, judge, { decisions: 20, seed: 3 });
  expect(decisions).toBe(20);
  expect(loss).toBeCloseTo(mean, 10);
  expect(loss).toBeGreaterThan(0);
  expect(standardError).toBeCloseTo(Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / 20, 10);
  expect((await equityLoss(judge, judge, { decisions: 30, seed: 4 })).loss).toBe(0);
});

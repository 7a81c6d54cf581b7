import { readFileSync } from 'node:fs';
import {
  LegalPlays,
  backgammon,
  legalPlays,
  playGames,
  playText,
  pubeval,
  startPosition,
  type Dice,
} from '@gradus/envs/backgammon';
import { loadParameters } from '@gradus/tensor';
import { TdGammon } from '@gradus/value-based';
import { expect, test } from 'vitest';

/** The net of the experiment `td-gammon` after 400,000 games, in float16. */
const trained = new TdGammon(backgammon);
loadParameters(trained.parameters, readFileSync(`${import.meta.dirname}/fixtures/trained.safetensors`));

function opening(dice: Dice): string {
  const position = startPosition();
  const plays = new LegalPlays();
  const afterstates = Array.from({ length: plays.find(position, ...dice) }, (_, index) => {
    const afterstate = position.slice();
    plays.apply(position, index, afterstate);
    return afterstate;
  });
  return playText(legalPlays(position, ...dice)[trained.choose({ afterstates })]);
}

test('a net that has learned opens as masters do, where there is but one way', () => {
  expect([opening([3, 1]), opening([4, 2]), opening([5, 3]), opening([6, 1])]).toEqual([
    '8/5 6/5',
    '8/4 6/4',
    '8/3 6/3',
    '13/7 8/7',
  ]);
});

test('it wins points from the linear evaluator, as in the record', async () => {
  const { pointsPerGame, standardError } = await playGames(trained, pubeval, { games: 400, seed: 12 });
  // 0.406 there.
  expect(Math.abs(pointsPerGame - 0.406)).toBeLessThan(3 * standardError);
});

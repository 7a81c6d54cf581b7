import { Random } from '@gradus/core';
import { LegalPlays, pointsWon, startPosition, turnAround } from '@gradus/envs/backgammon';

/**
 * Plies of backgammon per second of processor time, which is per second on one core that has nothing else to do: roll, find all legal plays, take one of them at random, turn the board around. The
 * largest of several repetitions. Needs a build.
 *
 *     pnpm --filter @gradus/envs bench:backgammon
 */

const REPETITIONS = 5;
const GAMES = 2000;

const random = new Random(1);
const plays = new LegalPlays();
const rates = Array.from({ length: REPETITIONS }, () => {
  const start = process.cpuUsage();
  const plies = playGames(GAMES);
  const { user, system } = process.cpuUsage(start);
  return (1e6 * plies) / (user + system);
});
console.log(`${Math.round(Math.max(...rates)).toLocaleString('en-US')} plies/s`);

function playGames(games) {
  let plies = 0;
  for (let game = 0; game < games; game++) {
    let position = startPosition();
    let other = position.slice();
    for (;;) {
      const count = plays.find(position, random.integer(6) + 1, random.integer(6) + 1);
      if (count > 0) plays.apply(position, random.integer(count), position);
      plies++;
      if (pointsWon(position) > 0) break;
      turnAround(position, other);
      [position, other] = [other, position];
    }
  }
  return plies;
}

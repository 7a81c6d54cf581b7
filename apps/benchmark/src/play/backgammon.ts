import { Random } from '@gradus/core';
import {
  encodeMatch,
  playGame,
  playText,
  positionText,
  readPlay,
  type BackgammonPlayer,
  type MatchGame,
  type PlayedTurn,
  type Turn,
} from '@gradus/envs/backgammon';
import type { Terminal } from './terminal.ts';

const help = `Write moves as 13/7 8/7, bar/22 or 6/off; 'list' shows all plays, 'quit' ends the game.
X are yours, and move from 24 down to 1 and off.`;

/** The person does not want to go on. */
class Quit extends Error {}

/** The person at the terminal. */
function person({ ask, say }: Terminal): BackgammonPlayer {
  return {
    async choose({ position, dice, afterstates, moves }: Turn) {
      say(`\n${positionText(position)}\n`);
      for (;;) {
        const line = (await ask(`${dice.join('-')}, your play: `))?.trim();
        if (line === undefined || line === 'quit') throw new Quit();
        if (line === '' || line === 'help' || line === '?') say(help);
        else if (line === 'list') say(afterstates.map((_, index) => playText(moves(index))).join('\n'));
        else {
          try {
            return readPlay(position, dice, line);
          } catch (error) {
            say((error as Error).message.replace('readPlay: ', ''));
          }
        }
      }
    },
  };
}

/**
 * Has a person play games against `opponent` at a terminal, until he has had enough. Returns the games that were finished as a match file, empty where there are none.
 */
export async function playBackgammon(
  terminal: Terminal,
  opponent: BackgammonPlayer & { readonly name: string },
  seed: number,
): Promise<string> {
  const random = new Random(seed);
  const score: [number, number] = [0, 0];
  const games: MatchGame[] = [];
  terminal.say(help);
  const names = ['You play', `${opponent.name} plays`];
  const onTurn = ({ player, dice, moves }: PlayedTurn): void => {
    terminal.say(`${names[player]} ${dice.join('-')}: ${moves.length === 0 ? 'no legal move' : playText(moves)}`);
  };
  try {
    for (;;) {
      const result = await playGame([person(terminal), opponent], random.integer(2), random, onTurn);
      games.push({ score: [...score], ...result });
      score[result.winner] += result.points;
      const kind = ['a game', 'a gammon', 'a backgammon'][result.points - 1];
      const [who, verb] = result.winner === 0 ? ['You', 'win'] : [opponent.name, 'wins'];
      terminal.say(`\n${who} ${verb} ${kind}. Points: you ${score[0]}, ${opponent.name} ${score[1]}.`);
      if (!/^y(es)?$/i.test((await terminal.ask('Another game? (y/n) '))?.trim() ?? '')) break;
    }
  } catch (error) {
    if (!(error instanceof Quit)) throw error;
  }
  return games.length === 0 ? '' : encodeMatch({ players: ['you', opponent.name], length: 0, games });
}

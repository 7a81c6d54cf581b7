import { anObject, checkArguments, havingMethods, type ResetOptions } from '@gradus/core';
import type { TextGame } from './text-game.ts';

const checks = {
  game: havingMethods('a text game (with reset and step)', 'reset', 'step'),
  commands: {
    expected: 'a list of commands',
    accepts: (value: unknown) => Array.isArray(value) && value.every((command) => typeof command === 'string'),
  },
  options: anObject,
};

/**
 * Plays commands, from the beginning on, and returns all that is said, as players have it in their scrollback: each command behind `>`, what it is answered with, and
 * score and moves in brackets. Commands behind the game's end are left out.
 */
export function transcript(game: TextGame, commands: readonly string[], options: ResetOptions = {}): string {
  checkArguments('transcript', { game, commands, options }, checks);
  const lines = [game.reset(options).observation];
  for (const command of commands) {
    const { observation, score, moves, terminated } = game.step(command);
    lines.push(`> ${command}\n${observation}\n[score ${score}, moves ${moves}]`);
    if (terminated) break;
  }
  return `${lines.join('\n\n')}\n`;
}

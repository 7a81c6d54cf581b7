import { LegalPlays, legalPlays, playText, positionFromId, readPlay, startPosition } from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';
import { randomPositions } from './support/random-positions.ts';

const play = (id: string, dice: readonly [number, number], text: string): string => {
  const position = positionFromId(id);
  return playText(legalPlays(position, ...dice)[readPlay(position, dice, text)]);
};

test('every legal play is read as the one that was written', () => {
  const plays = new LegalPlays();
  for (const { position, dice } of randomPositions(300, 3)) {
    for (let index = plays.find(position, ...dice) - 1; index >= 0; index--) {
      expect(readPlay(position, dice, playText(plays.movesOf(position, index)))).toBe(index);
    }
  }
});

test('reads the other ways in which programs write plays', () => {
  expect(play('4HPwATDgc/ABMA', [6, 5], '24/13')).toBe('24/18 18/13');
  expect(play('4HPwATDgc/ABMA', [3, 3], '8/5(2) 6/3(2)')).toBe('8/5(2) 6/3(2)');
  expect(play('Qz8HDAjB44DgSg', [3, 6], 'bar/22 21/15')).toBe('bar/22 21/15');
  expect(play('JxfhCCEmDwgbBw', [6, 2], '21/19*/13')).toBe('21/19* 19/13');
  expect(play('fwQMCGbn/gwAAA', [6, 3], '6/3 6/0')).toBe('6/off 6/3');
});

test('what is no legal play is refused in words', () => {
  expect(() => readPlay(startPosition(), [6, 5], '13/7')).toThrow(
    /^readPlay: '13\/7' is no legal play of 6-5; one that is: /,
  );
  expect(() => readPlay(startPosition(), [6, 5], '13-7')).toThrow(
    "expected moves such as '13/7 bar/22* 6/off', got '13-7'",
  );
  expect(() => readPlay(startPosition(), [6, 5], '33/7')).toThrow("got '33/7'");
});

import { checkArguments, text } from '@gradus/core';
import { BAR, CHECKERS, OFF, OTHER_OFF, POSITION_SIZE, checkPosition, type Position } from './position.ts';

/** The digits of base 64, each for 6 bits. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LENGTH = 14;
const BYTES = 10;

/**
 * The position's id in GNU Backgammon, 14 characters: for the other player and then for the one who is to roll, each from his own ace point
 * to the bar, a one for each checker and a zero behind each point; these 80 bits, lowest first, in base 64. Throws `RangeError` for what is
 * no position.
 */
export function positionId(position: Position): string {
  checkPosition('positionId', position);
  const bytes = new Uint8Array(BYTES);
  let bit = 0;
  const write = (checkers: number): void => {
    for (let i = 0; i < checkers; i++, bit++) bytes[bit >> 3] |= 1 << (bit & 7);
    bit++;
  };
  for (let point = 1; point <= BAR; point++) write(Math.max(-position[BAR - point], 0));
  for (let point = 1; point <= BAR; point++) write(Math.max(position[point], 0));
  let id = '';
  for (let i = 0; i < LENGTH; i++) {
    // Bytes count from their highest bit in base 64; behind the last one come zeros.
    let digit = 0;
    for (let k = 6 * i; k < 6 * i + 6; k++) digit = 2 * digit + (((bytes[k >> 3] ?? 0) >> (7 - (k & 7))) & 1);
    id += DIGITS[digit];
  }
  return id;
}

/** The position with such an id. Throws `RangeError` for what is none, or one of a position that cannot be. */
export function positionFromId(id: string): Position {
  checkArguments('positionFromId', { id }, { id: text });
  const digits = Array.from(id, (character) => DIGITS.indexOf(character));
  if (digits.length !== LENGTH || digits.includes(-1)) {
    throw new RangeError(`positionFromId: expected id to be ${LENGTH} digits of base 64, got ${JSON.stringify(id)}`);
  }
  const bits = Array.from({ length: 8 * BYTES }, (_, bit) => {
    const k = 8 * (bit >> 3) + 7 - (bit & 7);
    return (digits[Math.floor(k / 6)] >> (5 - (k % 6))) & 1;
  });
  const position = new Int8Array(POSITION_SIZE);
  let bit = 0;
  const read = (): number => {
    const start = bit;
    while (bits[bit] === 1) bit++;
    return bit++ - start;
  };
  const refuse = (problem: string): never => {
    throw new RangeError(`positionFromId: expected the id of a position, got ${JSON.stringify(id)}, where ${problem}`);
  };
  const place = (point: number, checkers: number): void => {
    if (checkers === 0) return;
    if (position[point] !== 0) refuse(`both players are on point ${point}`);
    position[point] = checkers;
  };
  for (const sign of [-1, 1]) {
    let checkers = 0;
    for (let point = 1; point <= BAR; point++) {
      const here = read();
      checkers += here;
      place(sign === 1 ? point : BAR - point, sign * here);
    }
    if (checkers > CHECKERS) refuse(`a player has ${checkers} checkers`);
    position[sign === 1 ? OFF : OTHER_OFF] = sign * (CHECKERS - checkers);
  }
  return position;
}

import { SIDE } from './pixel-game.ts';

/*
 * The aliens of Space Invaders: a formation of 4 × 6 places that moves as a whole. Which of them are taken is a mask of 24 bits: bit
 * 6 · row + column for each place, row 0 on top.
 */

const ROWS = 4;
const ALIEN_COLUMNS = 6;
const TOP_ROW = 0b111111;
const LEFT_COLUMN = 0b000001_000001_000001_000001;

/** The mask with every place taken. */
export const ALL_ALIENS: number = 2 ** (ROWS * ALIEN_COLUMNS) - 1;

/** Cells from the formation's top left place to each place, on a screen of ten columns. */
export const placeCells: Int32Array = Int32Array.from(
  { length: ROWS * ALIEN_COLUMNS },
  (_, place) => SIDE * Math.floor(place / ALIEN_COLUMNS) + (place % ALIEN_COLUMNS),
);

/** The bit of a place, 0 outside the formation. */
export function alienBit(row: number, column: number): number {
  return row >= 0 && row < ROWS && column >= 0 && column < ALIEN_COLUMNS ? 1 << (ALIEN_COLUMNS * row + column) : 0;
}

/** How many places are taken: the bits, added up in pairs, fours and eights. */
export function countAliens(aliens: number): number {
  const pairs = aliens - ((aliens >> 1) & 0x555555);
  const fours = (pairs & 0x333333) + ((pairs >> 2) & 0x333333);
  const eights = (fours + (fours >> 4)) & 0x0f0f0f;
  return (eights + (eights >> 8) + (eights >> 16)) & 0xff;
}

/** The first of the columns that have an alien; at least one has. */
export function firstAlienColumn(aliens: number): number {
  return firstBit(occupiedColumns(aliens));
}

/** The last of the columns that have an alien; at least one has. */
export function lastAlienColumn(aliens: number): number {
  return lastBit(occupiedColumns(aliens));
}

/** Of the columns that have an alien the one nearest to `column`, the left one of two; at least one has. */
export function nearestAlienColumn(aliens: number, column: number): number {
  const columns = occupiedColumns(aliens);
  const onTheLeft = column < 0 ? 0 : columns & (2 ** (column + 1) - 1);
  const onTheRight = columns & ~onTheLeft;
  if (onTheLeft === 0) return firstBit(onTheRight);
  const left = lastBit(onTheLeft);
  if (onTheRight === 0) return left;
  const right = firstBit(onTheRight);
  return column - left <= right - column ? left : right;
}

/** The lowest row that has an alien, of all columns or of one; there is an alien in it. */
export function lowestAlienRow(aliens: number, column?: number): number {
  const among = column === undefined ? aliens : aliens & (LEFT_COLUMN << column);
  return Math.floor(lastBit(among) / ALIEN_COLUMNS);
}

/** The columns with an alien, a bit for each. */
function occupiedColumns(aliens: number): number {
  const halves = aliens | (aliens >> (2 * ALIEN_COLUMNS));
  return (halves | (halves >> ALIEN_COLUMNS)) & TOP_ROW;
}

function firstBit(mask: number): number {
  return lastBit(mask & -mask);
}

function lastBit(mask: number): number {
  return 31 - Math.clz32(mask);
}

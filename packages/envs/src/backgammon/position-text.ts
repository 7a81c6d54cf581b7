import { BAR, OFF, OTHER_BAR, OTHER_OFF, checkPosition, pipCount, turnAround, type Position } from './position.ts';

/** Checkers of a point that are drawn; of more, their number takes the place of the last one. */
const ROWS = 5;

/** Points from left to right, the bar in their middle: there the other player's checkers stand in the upper half, one's own in the lower one. */
const upper = [13, 14, 15, 16, 17, 18, OTHER_BAR, 19, 20, 21, 22, 23, 24];
const lower = [12, 11, 10, 9, 8, 7, BAR, 6, 5, 4, 3, 2, 1];

/**
 * The board as text, as the player to roll sees it: X for his checkers, which go from 24 down to 1 and off, O for the other's. Throws `RangeError` for
 * what is no position.
 *
 *     +13-14-15-16-17-18-------19-20-21-22-23-24-+
 *     | X           O    |   |  O              X | O: 0 off, 167 pips
 */
export function positionText(position: Position): string {
  checkPosition('positionText', position);
  const turned = position.slice();
  turnAround(position, turned);
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const upperRows = rows.map((row) => boardRow(position, upper, row));
  const lowerRows = rows.map((row) => boardRow(position, lower, row)).reverse();
  upperRows[0] += ` O: ${-position[OTHER_OFF]} off, ${pipCount(turned)} pips`;
  lowerRows[ROWS - 1] += ` X: ${position[OFF]} off, ${pipCount(position)} pips`;
  return [frame(upper), ...upperRows, `|${' '.repeat(18)}|BAR|${' '.repeat(19)}|`, ...lowerRows, frame(lower)].join(
    '\n',
  );
}

function frame(points: readonly number[]): string {
  const names = points.map((point) => (point === BAR || point === OTHER_BAR ? '-----' : `${point}`.padStart(2, '-')));
  return `+${names.join('-')}-+`;
}

function boardRow(position: Position, points: readonly number[], row: number): string {
  const cells = points.map((point) => {
    const drawn = drawnChecker(position[point], row);
    return point === BAR || point === OTHER_BAR ? `| ${drawn} |` : drawn.padStart(2);
  });
  return `|${cells.join(' ')} |`;
}

/** What stands in a row of a point, counted from the edge of the board. */
function drawnChecker(checkers: number, row: number): string {
  const n = Math.abs(checkers);
  if (row >= n) return ' ';
  if (row === ROWS - 1 && n > ROWS) return n.toString(16).toUpperCase();
  return checkers > 0 ? 'X' : 'O';
}

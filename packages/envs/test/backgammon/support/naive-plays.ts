import type { Position } from '@gradus/envs/backgammon';

/** The positions that a roll can lead to, by trying all moves in both orders: the rules word by word, slowly. */
export function naiveAfterstates(position: Position, die: number, otherDie: number): Set<string> {
  const orders =
    die === otherDie
      ? [[die, die, die, die]]
      : [
          [die, otherDie],
          [otherDie, die],
        ];
  const ends: { moves: number; first: number; after: string }[] = [];
  for (const order of orders) {
    const go = (present: Position, moves: number): void => {
      const nexts = moves < order.length ? movesOf(present, order[moves]) : [];
      for (const next of nexts) go(next, moves + 1);
      if (nexts.length === 0) ends.push({ moves, first: order[0], after: present.join() });
    };
    go(position, 0);
  }
  const most = Math.max(...ends.map(({ moves }) => moves));
  if (most === 0) return new Set();
  const longest = ends.filter(({ moves }) => moves === most);
  const larger = Math.max(...longest.map(({ first }) => first));
  return new Set(longest.filter(({ first }) => most > 1 || first === larger).map(({ after }) => after));
}

function movesOf(position: Position, die: number): Position[] {
  const isHome = position.slice(7, 26).every((checkers) => checkers <= 0);
  const nexts: Position[] = [];
  for (let from = 25; from >= 1; from--) {
    const to = from - die;
    if (position[from] <= 0 || (position[25] > 0 && from < 25)) continue;
    if (to <= 0 && !(isHome && (to === 0 || position.slice(from + 1, 7).every((checkers) => checkers <= 0)))) continue;
    if (to > 0 && position[to] < -1) continue;
    const next = position.slice();
    next[from]--;
    if (to <= 0) next[26]++;
    else if (next[to] === -1) {
      next[to] = 1;
      next[0]--;
    } else next[to]++;
    nexts.push(next);
  }
  return nexts;
}

import type { Step } from './steps.ts';

/** How steps with jumps are written: with loops and blocks that have labels, so that engines see what they are, or, where a jump leads into the middle of a loop, as cases of a switch in one loop. */
export interface Structure {
  /** Where jumps lead, addresses. */
  readonly targets: ReadonlySet<number>;
  /** Lines before each step, and behind the last: where loops and blocks begin and end. */
  readonly before: readonly (readonly string[])[];
  /** The jump to an address. */
  readonly jump: (address: number, isBack: boolean) => string;
}

/** Steps from `start` on, with the one at `end` the first behind them. A block is left for what is behind it, a loop goes on with its first step. */
interface Part {
  readonly isLoop: boolean;
  /** The step that jumps lead to. */
  readonly target: number;
  start: number;
  end: number;
}

/** Undefined where a jump leads out of the steps. */
export function structureOf(steps: readonly Step[]): Structure | undefined {
  const indices = new Map(steps.map(({ address }, i) => [address, i]));
  const blocks = new Map<number, Part>();
  const loops = new Map<number, Part>();
  for (const [i, { instruction, goesOn, jumpTo }] of steps.entries()) {
    const { next } = instruction.ending;
    const leads = goesOn && steps[i + 1]?.address !== next ? [next, jumpTo] : [jumpTo];
    for (const address of leads.filter((lead) => lead > 1)) {
      const target = indices.get(address);
      if (target === undefined) return undefined;
      if (target > i) blocks.set(target, blocks.get(target) ?? { isLoop: false, target, start: i, end: target });
      else loops.set(target, { isLoop: true, target, start: target, end: i + 1 });
    }
  }
  const parts = [...blocks.values(), ...loops.values()];
  const targets = new Set(parts.map(({ target }) => steps[target].address));
  return nest(parts) ? { targets, ...labelled(steps, parts) } : { targets, ...switched(steps, targets) };
}

type Written = Pick<Structure, 'before' | 'jump'>;

function labelled(steps: readonly Step[], parts: readonly Part[]): Written {
  // Outer ones first; of a loop and a block alike the block, which is left to behind the loop.
  const outerFirst = parts.toSorted(
    (a, b) => a.start - b.start || b.end - a.end || Number(a.isLoop) - Number(b.isLoop),
  );
  const label = ({ isLoop, target }: Part): string => `${isLoop ? 'loop' : 'block'}${steps[target].address}`;
  const before = Array.from({ length: steps.length + 1 }, (_, i) => [
    ...outerFirst
      .filter(({ end }) => end === i)
      .reverse()
      .map((part) => (part.isLoop ? `break ${label(part)}; }` : '}')),
    ...outerFirst
      .filter(({ start }) => start === i)
      .map((part) => `${label(part)}: ${part.isLoop ? 'for (;;) ' : ''}{`),
  ]);
  return { before, jump: (address, isBack) => (isBack ? `continue loop${address};` : `break block${address};`) };
}

function switched(steps: readonly Step[], targets: ReadonlySet<number>): Written {
  const [{ address: start }] = steps;
  const before = steps.map(({ address }, i) => (i === 0 || targets.has(address) ? [`case ${address}:`] : []));
  before[0].unshift(`let at = ${start};`, 'for (;;) switch (at) {');
  return { before: [...before, ['}']], jump: (address) => `at = ${address}; continue;` };
}

/** Makes parts longer until each two are one within the other or apart. Returns false where that cannot be. */
function nest(parts: readonly Part[]): boolean {
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const first of parts) {
      for (const second of parts) {
        const overlap = first.start < second.start && second.start < first.end && first.end < second.end;
        if (!overlap) continue;
        // A loop may end later, a block begin sooner.
        if (first.isLoop && second.isLoop) first.end = second.end;
        else if (!second.isLoop) second.start = first.start;
        else return false;
        isChanged = true;
      }
    }
  }
  return true;
}

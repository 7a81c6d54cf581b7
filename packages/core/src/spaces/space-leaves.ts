import { checkArguments } from '@gradus/tensor';
import { aSpace } from '../options/argument-checks.ts';
import type { Dict, Space } from './dict.ts';

/** A space that is no `Dict`. */
export type LeafSpace = Exclude<Space, Dict>;

/** Numbers start ≤ i < end of a member, which are a member of `space`. */
export interface SpaceLeaf {
  readonly space: LeafSpace;
  readonly start: number;
  readonly end: number;
}

/** What a space consists of, in the order of its numbers: the parts of a `Dict`, and of `Dict`s in it; any other space is its only leaf. */
export function spaceLeaves(space: Space): readonly SpaceLeaf[] {
  checkArguments('spaceLeaves', { space }, { space: aSpace });
  return leavesFrom(space, 0);
}

function leavesFrom(space: Space, start: number): SpaceLeaf[] {
  if (space.kind !== 'dict') return [{ space, start, end: start + space.size }];
  return space.layout.flatMap((part) => leavesFrom(part.space, start + part.start));
}

/** The choices that each number of a member is. */
export interface ElementChoices {
  /** The least value of each number. */
  readonly start: readonly number[];
  /** How many values it may take: start, start + 1, … */
  readonly counts: readonly number[];
}

/** What each number of a member chooses from; undefined where there is a `Box` in `space`. */
export function elementChoices(space: Space): ElementChoices | undefined {
  const choices = spaceLeaves(space).map((leaf) => leafChoices(leaf.space));
  if (!choices.every((each) => each !== undefined)) return undefined;
  return { start: choices.flatMap((each) => each.start), counts: choices.flatMap((each) => each.counts) };
}

function leafChoices(space: LeafSpace): ElementChoices | undefined {
  switch (space.kind) {
    case 'box':
      return undefined;
    case 'discrete':
      return { start: [space.start], counts: [space.n] };
    case 'multi-discrete':
      return space;
    case 'multi-binary':
      return { start: new Array<number>(space.size).fill(0), counts: new Array<number>(space.size).fill(2) };
  }
}

/** The least and the greatest value of each number of a member. */
export function spaceBounds(space: Space): { readonly low: readonly number[]; readonly high: readonly number[] } {
  const bounds = spaceLeaves(space).map((leaf) => {
    if (leaf.space.kind === 'box') return { low: Array.from(leaf.space.low), high: Array.from(leaf.space.high) };
    const { start, counts } = leafChoices(leaf.space) ?? { start: [], counts: [] };
    return { low: start, high: start.map((first, i) => first + counts[i] - 1) };
  });
  return { low: bounds.flatMap(({ low }) => low), high: bounds.flatMap(({ high }) => high) };
}

/** Whether a space is of real or whole numbers that `observationFeatures` leaves as they are: a `Box` of any dtype but uint8, or a `Dict` of those. */
export function isNumeric(space: Space): boolean {
  return spaceLeaves(space).every((leaf) => leaf.space.kind === 'box' && leaf.space.dtype !== 'uint8');
}

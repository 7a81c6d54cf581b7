import type { RandomSource } from '@gradus/core';
import type { Fact } from './facts.ts';

/** The directions, and those back. */
const opposite: Readonly<Record<string, string>> = { north: 'south', south: 'north', east: 'west', west: 'east' };

export const directions: readonly string[] = Object.keys(opposite);

const kinds =
  'attic bathroom bedroom cellar chamber closet corridor gallery garage hall kitchen laundry library lounge office pantry parlor studio vault workshop'.split(
    ' ',
  );
const adjectives =
  'bright chilly cluttered cozy dark dusty empty gloomy grand humid large modern narrow noisy old quiet shabby small spotless warm'.split(
    ' ',
  );

/** The names of 400 rooms. */
export const roomNames: readonly string[] = adjectives.flatMap((adjective) =>
  kinds.map((kind) => `${adjective} ${kind}`),
);

/** A list in random order. */
export function shuffled<T>(values: readonly T[], random: RandomSource): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** One of a list. */
export function oneOf<T>(values: readonly T[], random: RandomSource): T {
  return values[random.integer(values.length)];
}

/** Rooms and the ways between them, up to four from each. Ways lead back in the opposite direction; a map of all of them need not fit on paper. */
export class RoomMap {
  /** exit(room, direction, room) and doorway(room, direction, room, door) of all ways. */
  readonly facts: Fact[] = [];
  readonly rooms: string[] = [];
  private readonly free = new Map<string, string[]>();
  private readonly random: RandomSource;

  constructor(first: string, random: RandomSource) {
    this.random = random;
    this.addRoom(first);
  }

  /** How many more ways can lead from a room. */
  freeWays(room: string): number {
    return this.free.get(room)?.length ?? 0;
  }

  /** Adds a room, in a random direction from another that has a way free; through a door where one is named. */
  add(room: string, from: string, door?: string): void {
    this.addRoom(room);
    const direction = oneOf(this.free.get(from) ?? [], this.random);
    const back = opposite[direction];
    this.take(from, direction);
    this.take(room, back);
    for (const [a, way, b] of [
      [from, direction, room],
      [room, back, from],
    ]) {
      this.facts.push(door === undefined ? ['exit', a, way, b] : ['doorway', a, way, b, door]);
    }
  }

  private addRoom(room: string): void {
    this.rooms.push(room);
    this.free.set(room, [...directions]);
  }

  private take(room: string, direction: string): void {
    this.free.set(
      room,
      (this.free.get(room) ?? []).filter((each) => each !== direction),
    );
  }
}

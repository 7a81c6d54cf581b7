import { checkOptions, naturalNumber, nullable, optional, type RandomSource } from '@gradus/core';
import { integerBetween } from '../../env-options.ts';
import { go, goThrough, openContainer, openDoor, take, takeOut, unlockDoor } from './common-rules.ts';
import type { Fact } from './facts.ts';
import { RoomMap, directions, oneOf, roomNames, shuffled } from './rooms.ts';
import { rule } from './rules.ts';
import { WorldGame, type WorldOptions } from './world-game.ts';
import { grammarOf, type World } from './world.ts';

/** How difficult a treasure hunt is. */
export interface TreasureHuntOptions extends WorldOptions {
  /**
   * Rooms on the way to the treasure, 1 to 15. Each third way leads through a door, a closed one; from level 4 on they are locked, and from level 7 on the
   * treasure is in a chest. Default 5.
   */
  readonly level?: number | undefined;
}

const treasures = ['amulet', 'chalice', 'crown', 'diamond', 'goblet', 'mask', 'necklace', 'ruby', 'scepter', 'tiara'];
const metals = ['brass', 'bronze', 'copper', 'iron', 'steel'];

/** The wrong one. */
const takeDecoy = rule({
  command: 'take ?thing',
  preconditions: ['at(player, ?here)', 'at(?thing, ?here)', 'decoy(?thing)'],
  deletes: ['at(?thing, ?here)'],
  adds: ['lost()'],
  answer: 'As you take the ?thing, you notice that it is not what you were to find. You have lost.',
});

const rules = [go, goThrough, openContainer, openDoor, take, takeDecoy, takeOut, unlockDoor];

/**
 * Treasure hunt (after Parisotto and Salakhutdinov, 2018, and Côté et al., 2018): the note says which of the things that lie in the rooms to take, for the only
 * point; taking another one loses. Doors are on the way, and their keys before them, some in rooms aside.
 * Throws `RangeError` for options out of range.
 */
export function treasureHunt(options: TreasureHuntOptions = {}): WorldGame {
  checkOptions('treasureHunt', options, {
    level: optional(integerBetween(1, 15)),
    world: optional(nullable(naturalNumber)),
  });
  const { level = 5, world } = options;
  const things = [...metals.flatMap((metal) => [`${metal} door`, `${metal} key`]), 'chest', ...treasures];
  const generator = {
    maxScore: 1,
    grammar: grammarOf(rules, [...directions, ...things]),
    create: (random: RandomSource) => createHunt(level, random),
  };
  return new WorldGame(generator, { world });
}

function createHunt(level: number, random: RandomSource): World {
  const names = shuffled(roomNames, random);
  const [treasure, ...decoys] = shuffled(treasures, random);
  const doors = shuffled(metals, random);
  let here = names.pop() ?? '';
  const map = new RoomMap(here, random);
  const facts: Fact[] = [
    ['at', 'player', here],
    ['portable', treasure],
  ];
  for (let step = 1; step <= level; step++) {
    const next = names.pop() ?? '';
    const metal = step % 3 === 0 ? doors.pop() : undefined;
    // Aside, where keys and what is not to be taken may lie.
    map.add(names.pop() ?? '', here);
    if (metal === undefined) map.add(next, here);
    else {
      const [door, key] = [`${metal} door`, `${metal} key`];
      if (level < 4) facts.push(['closed', door]);
      // All rooms so far are on this side of the door.
      else facts.push(['locked', door], ['fits', key, door], ['portable', key], ['at', key, oneOf(map.rooms, random)]);
      map.add(next, here, door);
    }
    here = next;
  }
  if (level < 7) facts.push(['at', treasure, here]);
  else facts.push(['stands', 'chest', here], ['closed', 'chest'], ['in', treasure, 'chest']);
  for (const decoy of decoys.slice(0, Math.ceil(level / 2))) {
    facts.push(['at', decoy, oneOf(map.rooms, random)], ['decoy', decoy]);
  }
  return { note: `find the ${treasure}.`, rules, facts: [...facts, ...map.facts], goals: [['found', treasure]] };
}

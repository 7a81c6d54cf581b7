import { checkOptions, naturalNumber, nullable, optional, type RandomSource } from '@gradus/core';
import { integerBetween } from '../../env-options.ts';
import { go, take } from './common-rules.ts';
import { RoomMap, directions, roomNames, shuffled } from './rooms.ts';
import { WorldGame, type WorldOptions } from './world-game.ts';
import { grammarOf, type World } from './world.ts';

/** How difficult a hunt for a coin is. */
export interface CoinCollectorOptions extends WorldOptions {
  /** Rooms on the way: moves to the room with the coin, 1 to 100. Default 5. */
  readonly level?: number | undefined;
  /** Dead ends at each room on the way, 0 to 2: TextWorld's easy, medium and hard. Default 1. */
  readonly distractors?: number | undefined;
}

/**
 * Coin collector (Yuan et al., 2018; Côté et al., 2018): a coin lies at the end of a way through rooms from which others lead nowhere. Taking it is worth the
 * only point. The shortest solution is `level` moves and `take coin`.
 * Throws `RangeError` for options out of range.
 */
export function coinCollector(options: CoinCollectorOptions = {}): WorldGame {
  checkOptions('coinCollector', options, {
    level: optional(integerBetween(1, 100)),
    distractors: optional(integerBetween(0, 2)),
    world: optional(nullable(naturalNumber)),
  });
  const { level = 5, distractors = 1, world } = options;
  const rules = [go, take];
  const generator = {
    maxScore: 1,
    grammar: grammarOf(rules, [...directions, 'coin']),
    create: (random: RandomSource): World => {
      const names = shuffled(roomNames, random);
      let here = names.pop() ?? '';
      const map = new RoomMap(here, random);
      const facts: World['facts'] = [
        ['at', 'player', here],
        ['portable', 'coin'],
      ];
      for (let step = 0; step < level; step++) {
        const next = names.pop() ?? '';
        map.add(next, here);
        for (let i = 0; i < distractors; i++) map.add(names.pop() ?? '', here);
        here = next;
      }
      return {
        note: 'find the coin.',
        rules,
        facts: [...facts, ...map.facts, ['at', 'coin', here]],
        goals: [['found', 'coin']],
      };
    },
  };
  return new WorldGame(generator, { world });
}

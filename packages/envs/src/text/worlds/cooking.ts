import { checkOptions, naturalNumber, nullable, optional, type RandomSource } from '@gradus/core';
import { integerBetween } from '../../env-options.ts';
import { go, openContainer, take, takeOut } from './common-rules.ts';
import type { Fact } from './facts.ts';
import { RoomMap, directions, oneOf, shuffled } from './rooms.ts';
import { rule, type Rule } from './rules.ts';
import { WorldGame, type WorldOptions } from './world-game.ts';
import { grammarOf, type World } from './world.ts';

/** How difficult a meal is. */
export interface CookingOptions extends WorldOptions {
  /** 1: one ingredient, in the kitchen. 2: two, to be cooked. 3, 4, 5: two, three and four, to be cut, too, in ever larger houses. Default 2. */
  readonly level?: number | undefined;
}

/** Ingredients and rooms by level. */
const ingredientCounts = [1, 2, 2, 3, 4];
const roomCounts = [1, 3, 5, 7, 9];

const ingredients =
  'apple banana carrot cucumber eggplant leek mushroom onion parsnip pepper potato pumpkin tomato zucchini'.split(' ');
const rooms = ['backyard', 'bathroom', 'bedroom', 'corridor', 'garden', 'living room', 'pantry', 'shed'];
const cuts: Readonly<Record<string, string>> = { chop: 'chopped', dice: 'diced', slice: 'sliced' };
const appliances: Readonly<Record<string, string>> = { barbecue: 'grilled', oven: 'roasted', stove: 'fried' };

const cut = Object.entries(cuts).map(([verb, how]) =>
  rule({
    command: `${verb} ?thing with knife`,
    preconditions: ['carried(knife)', 'is(?thing, uncut)', 'carried(?thing)', `right(?thing, ${how})`],
    deletes: ['is(?thing, uncut)'],
    adds: [`is(?thing, ${how})`],
    answer: `You ${verb} the ?thing.`,
  }),
);

const cook = rule({
  command: 'cook ?thing with ?appliance',
  preconditions: [
    'at(player, ?here)',
    'is(?thing, raw)',
    'carried(?thing)',
    'cooks(?appliance, ?how)',
    'stands(?appliance, ?here)',
    'right(?thing, ?how)',
  ],
  deletes: ['is(?thing, raw)'],
  adds: ['is(?thing, ?how)'],
  answer: 'You cook the ?thing with the ?appliance. It is ?how now.',
});

const eat = rule({
  command: 'eat meal',
  preconditions: ['carried(meal)'],
  deletes: ['carried(meal)'],
  adds: ['eaten(meal)'],
  answer: 'You eat the meal. It is delicious.',
});

/** The same against the recipe. */
const spoil = [...cut, cook].map(({ preconditions, answer, ...rest }): Rule => {
  const wrong = preconditions.map((each): Fact => (each[0] === 'right' ? ['wrong', ...each.slice(1)] : each));
  return {
    ...rest,
    preconditions: wrong,
    adds: [['lost']],
    answer: `${answer} So the recipe is spoilt. You have lost.`,
  };
});

/**
 * Cooking (Côté et al., 2018; the First TextWorld Problems): find the ingredients of the recipe, which the note has, cut and cook them as it says, prepare the
 * meal in the kitchen and eat it. Each of these is worth a point; what is cut or cooked otherwise is spoilt, and the game lost.
 * Throws `RangeError` for options out of range.
 */
export function cooking(options: CookingOptions = {}): WorldGame {
  checkOptions('cooking', options, {
    level: optional(integerBetween(1, 5)),
    world: optional(nullable(naturalNumber)),
  });
  const { level = 2, world } = options;
  const nouns = [...directions, ...ingredients, ...Object.keys(appliances), 'fridge', 'knife', 'meal'];
  const generator = {
    maxScore: ingredientCounts[level - 1] * stepsFor(level) + 2,
    grammar: grammarOf(rulesFor([]), nouns),
    create: (random: RandomSource) => createMeal(level, random),
  };
  return new WorldGame(generator, { world });
}

/** What each ingredient is worth: to be found, and from levels 2 and 3 on, to be cooked and cut. */
function stepsFor(level: number): number {
  return Math.min(level, 3);
}

/** The rules for a meal that needs these facts. */
function rulesFor(needed: readonly Fact[]): Rule[] {
  const prepare = rule({
    command: 'prepare meal',
    preconditions: ['at(player, kitchen)', 'missing(meal)'],
    deletes: ['missing(meal)'],
    adds: ['carried(meal)', 'prepared(meal)'],
    answer: 'You prepare the meal.',
  });
  const used = needed.filter(([predicate]) => predicate === 'carried');
  const complete = {
    ...prepare,
    preconditions: [...prepare.preconditions, ...needed],
    deletes: [...prepare.deletes, ...used],
  };
  return [go, openContainer, take, takeOut, ...cut, cook, ...spoil, complete, eat];
}

function createMeal(level: number, random: RandomSource): World {
  const map = new RoomMap('kitchen', random);
  // A barbecue stands in the backyard, so that there has to be one.
  const [, ...others] = rooms;
  for (const room of ['backyard', ...shuffled(others, random)].slice(0, roomCounts[level - 1] - 1)) {
    const near = map.rooms.filter((each) => map.freeWays(each) > 0);
    map.add(room, oneOf(near, random));
  }
  const kinds = shuffled(ingredients, random);
  const recipe = kinds.splice(0, ingredientCounts[level - 1]);
  const methods = recipe.map((thing) => ({
    thing,
    cooked: oneOf(Object.values(appliances), random),
    cut: oneOf(Object.values(cuts), random),
  }));
  const steps = methods.map((each) => ({ ...each, hows: [each.cooked, each.cut].slice(0, stepsFor(level) - 1) }));

  const facts: Fact[] = [
    ['at', 'player', oneOf(map.rooms, random)],
    ['missing', 'meal'],
    ['stands', 'fridge', 'kitchen'],
    ['closed', 'fridge'],
    ['at', 'knife', 'kitchen'],
    ['portable', 'knife'],
  ];
  for (const [appliance, how] of Object.entries(appliances)) {
    const place = appliance === 'barbecue' ? 'backyard' : 'kitchen';
    if (map.rooms.includes(place)) facts.push(['stands', appliance, place], ['cooks', appliance, how]);
  }
  // Two more than are needed.
  for (const thing of [...recipe, ...kinds.slice(0, 2)]) {
    const place = oneOf(['fridge', ...map.rooms], random);
    facts.push(['portable', thing], place === 'fridge' ? ['in', thing, place] : ['at', thing, place]);
    facts.push(['is', thing, 'raw'], ['is', thing, 'uncut']);
  }
  for (const { thing, hows } of steps) {
    for (const how of [...Object.values(appliances), ...Object.values(cuts)]) {
      facts.push([hows.includes(how) ? 'right' : 'wrong', thing, how]);
    }
  }
  const needed = steps.flatMap(({ thing, hows }): Fact[] => [
    ['carried', thing],
    ...hows.map((how): Fact => ['is', thing, how]),
  ]);
  return {
    note: `eat a meal of ${steps.map(({ thing, hows }) => [...hows, thing].join(' ')).join(', ')}.`,
    rules: rulesFor(needed),
    facts: [...facts, ...map.facts],
    goals: [
      ...steps.flatMap(({ thing, hows }): Fact[] => [['found', thing], ...hows.map((how): Fact => ['is', thing, how])]),
      ['prepared', 'meal'],
      ['eaten', 'meal'],
    ],
  };
}

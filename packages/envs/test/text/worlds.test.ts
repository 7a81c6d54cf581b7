import { Random } from '@gradus/core';
import { coinCollector, cooking, treasureHunt, type TextState, type WorldGame } from '@gradus/envs/text';
import { afterAll, describe, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** By name: makes a world of a level, the levels that an exhaustive search can do in little time, and the highest one. */
const generators: Readonly<
  Record<string, { make: (level: number, world: number) => WorldGame; small: readonly number[]; highest: number }>
> = {
  'coin collector': { make: (level, world) => coinCollector({ level, world }), small: [1, 2, 5], highest: 100 },
  'coin collector without dead ends': {
    make: (level, world) => coinCollector({ level, world, distractors: 0 }),
    small: [1, 7],
    highest: 100,
  },
  'treasure hunt': { make: (level, world) => treasureHunt({ level, world }), small: [1, 2, 3, 4], highest: 15 },
  cooking: { make: (level, world) => cooking({ level, world }), small: [1, 2], highest: 4 },
};

const cases = Object.entries(generators);
const worlds = Array.from({ length: 8 }, (_, world) => world);

/** Length of the shortest way to the full score, by trying everything in the game itself; Infinity where there is none. */
function breadthFirst(game: WorldGame): number {
  const { validActions: first } = game.reset();
  const keyOf = ({ facts }: { readonly facts?: unknown }): string => JSON.stringify(facts);
  let frontier = [{ state: game.getState(), commands: first }];
  const known = new Set([keyOf(frontier[0].state)]);
  for (let length = 1; frontier.length > 0; length++) {
    const next: typeof frontier = [];
    for (const { state, commands } of frontier) {
      for (const command of commands) {
        game.setState(state);
        const { score, terminated, validActions } = game.step(command);
        if (score === game.maxScore) return length;
        if (terminated) continue;
        const reached = game.getState();
        const key = keyOf(reached);
        if (known.has(key)) continue;
        known.add(key);
        next.push({ state: reached, commands: validActions });
      }
    }
    frontier = next;
  }
  return Infinity;
}

describe.each(cases)('%s', (_, { make, small, highest }) => {
  test.each(small)('level %i: the shortest solution is as long as one found by trying everything', (level) => {
    for (const world of worlds.slice(0, 4)) {
      const game = make(level, world);
      game.reset();
      expect(game.shortestSolution()).toHaveLength(breadthFirst(game));
    }
  });

  test('every world can be won, and its solution wins it, with rewards that add up to the score', () => {
    for (const level of [...small, highest]) {
      for (const world of level === highest ? worlds.slice(0, 2) : worlds) {
        const game = make(level, world);
        let state: TextState = game.reset();
        let sum = 0;
        const solution = game.shortestSolution() ?? [];
        for (const [i, command] of solution.entries()) {
          expect(state.validActions).toContain(command);
          const step = game.step(command);
          sum += step.reward;
          expect(step).toMatchObject({ score: sum, moves: i + 1, terminated: i === solution.length - 1 });
          state = step;
        }
        expect(sum).toBe(game.maxScore);
        expect(state.validActions).toEqual([]);
        expect(() => game.step('look')).toThrow('step: the game has ended');
      }
    }
  });

  test('valid actions are those commands of its grammar that change the world, and all of them do', () => {
    const game = make(small[small.length - 1], 5);
    const random = new Random(2);
    let state: TextState = game.reset();
    const commands = commandsOf(game);
    for (let step = 0; step < 6; step++) {
      const snapshot = game.getState();
      const changing = commands.filter((command) => {
        game.setState(snapshot);
        game.step(command);
        return JSON.stringify(game.getState().facts) !== JSON.stringify(snapshot.facts);
      });
      expect(changing).toEqual(state.validActions);
      game.setState(snapshot);
      const next = game.step(state.validActions[random.integer(state.validActions.length)]);
      state = next.terminated ? game.reset() : next;
    }
  });

  test('the same world is the same, and a state brings back what followed', () => {
    const [game, other] = [make(small[1], 3), make(small[1], 3)];
    expect(game.reset()).toEqual(other.reset({ seed: 9 }));
    const [first] = game.shortestSolution() ?? [];
    game.step(first);
    const state = game.getState();
    const rest = game.shortestSolution() ?? [];
    const play = () => rest.map((command) => game.step(command));
    const told = play();
    expect(other.setState(state)).toEqual(game.setState(state));
    expect(play()).toEqual(told);
    expect(rest.map((command) => other.step(command))).toEqual(told);
  });
});

/** Every template of a game with every noun, or two, in alphabetical order. */
function commandsOf({ grammar: { templates, nouns } }: WorldGame): string[] {
  const fill = (template: string): string[] =>
    template.includes('OBJ') ? nouns.flatMap((noun) => fill(template.replace('OBJ', noun))) : [template];
  return [...new Set(templates.flatMap(fill))].sort();
}

test('a coin lies as many rooms away as the level says', () => {
  for (const level of [1, 5, 20]) {
    const game = coinCollector({ level, distractors: 2 });
    game.reset();
    const solution = game.shortestSolution() ?? [];
    expect(solution.slice(0, -1).every((command) => command.startsWith('go '))).toBe(true);
    expect(solution).toHaveLength(level + 1);
    expect(solution.at(-1)).toBe('take coin');
  }
});

test('random play finds less than a tenth of the coins of level 20 in 100 steps', () => {
  const random = new Random(0);
  let found = 0;
  for (let episode = 0; episode < 300; episode++) {
    const game = coinCollector({ level: 20, world: episode % 10 });
    let { validActions } = game.reset();
    for (let step = 0; step < 100 && validActions.length > 0; step++) {
      const next = game.step(validActions[random.integer(validActions.length)]);
      found += next.reward;
      ({ validActions } = next);
    }
  }
  expect(found).toBeLessThan(30);
});

test('the wrong thing loses: a decoy, and an ingredient that is cooked otherwise', () => {
  const lose = (make: (world: number) => WorldGame): string => {
    const random = new Random(1);
    for (let world = 0; world < 50; world++) {
      const game = make(world);
      let state: TextState = game.reset();
      for (let step = 0; step < 100 && state.validActions.length > 0; step++) {
        const { validActions } = state;
        const next = game.step(validActions[random.integer(validActions.length)]);
        if (next.terminated && next.score < game.maxScore) return next.observation;
        state = next;
      }
    }
    return 'never lost';
  };
  expect(lose((world) => treasureHunt({ level: 3, world }))).toMatch(/not what you were to find\. You have lost\./);
  expect(lose((world) => cooking({ level: 2, world }))).toMatch(/the recipe is spoilt\. You have lost\./);
});

test('another world each episode, where that is asked for, which the seed decides', () => {
  const play = (game: WorldGame, seed: number) =>
    [game.reset({ seed }), game.reset(), game.reset()].map(({ look }) => look);
  const [game, other] = [coinCollector({ world: null }), coinCollector({ world: null })];
  const looks = play(game, 3);
  expect(new Set(looks).size).toBe(3);
  expect(play(other, 3)).toEqual(looks);
  expect(play(other, 4)).not.toEqual(looks);
  const state = game.getState();
  const next = [game.step(game.reset().validActions[0]), game.reset()];
  other.setState(state);
  expect([other.step(other.reset().validActions[0]), other.reset()]).toEqual(next);
});

test('players may look around, and are told what cannot be done', () => {
  const game = coinCollector({ level: 1 });
  const { look } = game.reset();
  expect(game.step(' LOOK ')).toMatchObject({ observation: look, reward: 0, moves: 1, terminated: false });
  expect(game.step('inventory').observation).toBe('Your note says: find the coin. You carry nothing else.');
  expect(game.step('dance').observation).toBe('That cannot be done.');
  const [go] = game.shortestSolution() ?? [];
  expect(game.step(go.toUpperCase().replace(' ', '   ')).observation).toMatch(
    /^You go \w+\. You are in an? .* You see a coin\./,
  );
});

test('says what is wrong', () => {
  expect(() => coinCollector({ level: 101 })).toThrow('level to be an integer from 1 to 100, got 101');
  expect(() => coinCollector({ distractors: 3 })).toThrow('distractors to be an integer from 0 to 2, got 3');
  expect(() => treasureHunt({ level: 0 })).toThrow('level to be an integer from 1 to 15, got 0');
  expect(() => cooking({ level: 6 })).toThrow('level to be an integer from 1 to 5, got 6');
  expect(() => cooking({ world: -1 })).toThrow(/world to be an integer of at least 0/);
  const game = cooking();
  expect(() => game.step('look')).toThrow('no game was begun, expected a call of reset first');
  game.reset();
  expect(() => game.setState({ ...game.getState(), facts: 3 })).toThrow("state 'facts': expected a list of facts");
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError, EnvError } from '@gradus/core';
import { checkEnv } from '@gradus/envs';
import { StoryError, ZMachineGame, textEnv, transcript, type TextState } from '@gradus/envs/text';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { walkthrough } from './lighthouse.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const folder = join(import.meta.dirname, '../../..');
const read = (path: string): Uint8Array => readFileSync(join(folder, path));
const lighthouse = read('stories/lighthouse.z3');

describe.each(['z3', 'z4', 'z5', 'z8'])('lighthouse.%s', (version) => {
  const story = read(`stories/lighthouse.${version}`);

  test('every action of its walkthrough is among the valid ones, each of which changes the world or ends the game', () => {
    const game = new ZMachineGame(story, { maxScore: 50 });
    let told: TextState = game.reset({ seed: 1 });
    let rewards = 0;
    for (const command of walkthrough) {
      expect(told.validActions).toContain(command);
      const state = game.getState();
      const hash = game.worldHash;
      const hashes = told.validActions.map((action) => {
        game.setState(state);
        const { terminated } = game.step(action);
        return terminated ? action : game.worldHash;
      });
      expect(hashes).not.toContain(hash);
      expect(new Set(hashes).size).toBe(hashes.length);
      game.setState(state);
      const step = game.step(command);
      rewards += step.reward;
      told = step;
      expect(step.terminated).toBe(command === walkthrough.at(-1));
    }
    expect([told.score, rewards, told.moves]).toEqual([50, 50, walkthrough.length - 1]);
    expect(told.validActions).toEqual([]);
    expect(told.observation).toContain('*** You have won ***');
    expect(() => game.step('look')).toThrow(new EnvError('step: the game has ended, expected a call of reset first'));
  });

  test('time alone is no change of the world, though the gull flies', () => {
    const game = new ZMachineGame(story);
    game.reset({ seed: 3 });
    const hash = game.worldHash;
    const answers = Array.from({ length: 60 }, () => game.step('wait').observation);
    expect(new Set(answers).size).toBeGreaterThan(3);
    expect(game.worldHash).toBe(hash);
    game.step('take shell');
    expect(game.worldHash).not.toBe(hash);
  });
});

test('tells what a player sees', () => {
  const game = new ZMachineGame(lighthouse);
  const told = game.reset({ seed: 1 });
  expect(game.location).toBe('Beach');
  expect(told.observation).toMatch(/^The lamp is out.*basket \(open\) here\.$/s);
  expect(told.look).toMatch(/^Beach\nWet sand, .*basket \(open\) here\./s);
  expect(told.inventory).toMatch(/^You carry nothing\./);
  expect(told.validActions).toEqual(['north', 'close basket', 'take shell', 'take basket']);
  expect([told.score, told.moves]).toEqual([0, 0]);
  game.step('north');
  // What was told stays what it was.
  expect(told.look).toMatch(/^Beach\n/);
  expect(game.location).toBe('Cliff Path');
  expect(game.grammar.templates).toEqual(
    expect.arrayContaining(['north', 'take OBJ', 'put OBJ in OBJ', 'light OBJ with OBJ', 'look']),
  );
  expect(game.grammar.templates.filter((template) => /quit|save|score/.test(template))).toEqual([]);
  // In full, though the dictionary of version 3 cuts them.
  expect(game.grammar.nouns).toEqual(expect.arrayContaining(['lantern', 'matches', 'cupboard', 'brass key']));
});

test('the same seed gives the same game, and without one the random stream goes on', () => {
  const play = (game: ZMachineGame, seed?: number): string =>
    transcript(game, Array<string>(30).fill('wait'), seed === undefined ? {} : { seed });
  const [first, second] = [new ZMachineGame(lighthouse), new ZMachineGame(lighthouse)];
  const once = play(first, 7);
  expect(play(second, 7)).toBe(once);
  const next = play(first);
  expect(next).not.toBe(once);
  expect(play(second)).toBe(next);
  expect(play(first, 8)).not.toBe(once);
  // Also beyond 32 bits.
  expect(play(first, 7 + 2 ** 32)).not.toBe(once);
});

test('a state put into another game goes on in the same way', () => {
  const game = new ZMachineGame(lighthouse);
  game.reset({ seed: 5 });
  for (const command of [...walkthrough.slice(0, 6), 'save']) game.step(command);
  const state = structuredClone(game.getState());
  const rest = ['wait', 'wait', 'unlock door with key', 'open door', 'wait', 'restore', 'open door', 'wait'];
  const texts = rest.map((command) => game.step(command).observation);
  expect(texts[5]).toBe('Ok.');
  expect(texts[6]).toBe('It is locked.');
  const other = new ZMachineGame(lighthouse);
  expect(other.setState(state).observation).toBe('Ok.');
  expect(rest.map((command) => other.step(command).observation)).toEqual(texts);
  expect(() => new ZMachineGame(read('stories/lighthouse.z5')).setState(state)).toThrow(CheckpointError);
});

test('prints transcripts', () => {
  const game = new ZMachineGame(lighthouse);
  const lines = transcript(game, ['score', 'xyzzy'], { seed: 2 }).split('\n');
  expect(lines.slice(-9)).toEqual([
    '',
    '> score',
    'You have 0 of 50 points, after 0 moves.',
    '[score 0, moves 0]',
    '',
    '> xyzzy',
    'I do not know that verb.',
    '[score 0, moves 0]',
    '',
  ]);
  const whole = transcript(game, [...walkthrough, 'look'], { seed: 2 });
  expect(whole.match(/^> /gm)).toHaveLength(walkthrough.length);
});

test('is an environment that agents can learn in', () => {
  const env = textEnv(new ZMachineGame(lighthouse, { maxScore: 50 }), { maxEpisodeSteps: 20, maxActions: 16 });
  checkEnv(env, { steps: 60, seed: 1 });
});

describe('a story that does what stories should not', () => {
  const bad = read('test/fixtures/zmachine/hang.z5');
  const begin = (): ZMachineGame => {
    const game = new ZMachineGame(bad, { maxInstructions: 100_000 });
    game.reset({ seed: 1 });
    return game;
  };

  test.each([
    ['loop', 'no end after 100000 instructions'],
    ['zero', 'a division by zero'],
    ['keys', 'the story waits for one key after the other'],
    ['deep', 'the stack is full'],
    ['write', 'a write to address 65000, where memory can only be read'],
    ['jump', 'a call of address 240000, where no routine is'],
  ])('%s is one clear line, and then as if it had not been said', (command, message) => {
    const game = begin();
    game.step('x');
    const state = game.getState();
    const error = ((): unknown => {
      try {
        return game.step(command);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(StoryError);
    expect(String(error)).toContain(`'${command}': ${message}`);
    expect(String(error)).not.toContain('\n');
    expect(game.getState()).toEqual(state);
    expect(game.step('x').observation).toBe('turn 2');
  });

  test('keys are pressed', () => {
    const game = begin();
    expect(game.step('key').observation).toBe('Press a key.\nThank you.\nturn 1');
    expect(game.step('menu').observation).toMatch(/^(Q leaves this menu\.\n)+turn 2$/);
  });

  test('score and moves are read from a status line, and a line of stars is the end', () => {
    const game = begin();
    game.step('x');
    const { score, moves, terminated } = game.step('bye');
    expect(game.upperWindow).toMatch(/^Room {45}Score: 4 {2}Moves: 2$/);
    expect([score, moves, terminated]).toEqual([4, 2, true]);
  });
});

test('asks for a beginning first', () => {
  const game = new ZMachineGame(lighthouse);
  expect(() => game.step('look')).toThrow(
    new EnvError('ZMachineGame: no game was begun, expected a call of reset first'),
  );
});

test('a saved game without its stack, tables, screen or ending is refused in words', () => {
  const game = new ZMachineGame(read('stories/lighthouse.z5'));
  const { observation } = game.reset({ seed: 1 });
  const state = game.getState();
  const { snapshot } = state as { readonly snapshot: Readonly<Record<string, object>> };
  for (const changes of [
    { game: { ...snapshot.game, stack: null } },
    { game: { ...snapshot.game, stack: new Array<number>(40_000).fill(0) } },
    { game: { ...snapshot.game, frame: 1e6 } },
    { waiting: 'x' },
    { waiting: { ...snapshot.waiting, ending: null } },
    { screen: { ...snapshot.screen, rows: 3 } },
    { tables: null },
    { undo: 5 },
  ]) {
    const damaged = { ...state, snapshot: { ...snapshot, ...changes } } as typeof state;
    expect(() => game.setState(damaged)).toThrow("state 'snapshot': expected games with stacks, tables and a screen");
  }
  expect(game.setState(state).observation).toBe(observation);
});

test('a state may have other abbreviations than the story begins with', () => {
  const story = read('stories/lighthouse.z5').slice();
  const find = (...words: readonly number[]): number =>
    story.findIndex((_, at) =>
      words.every((word, i) => story[at + 2 * i] === word >> 8 && story[at + 2 * i + 1] === (word & 255)),
    );
  // `Wet sand` begins with the first abbreviation, which is three spaces, in place of its first letter.
  story.set([0x04, 0x0a], find(0x138a, 0x6418));
  const game = new ZMachineGame(story);
  expect(game.reset({ seed: 1 }).look).toMatch(/^ {3}et sand/m);
  // It becomes `key`, as the dictionary has it.
  const state = structuredClone(game.getState()) as { snapshot: { game: { memory: Uint8Array } } };
  const abbreviations = (story[0x18] << 8) | story[0x19];
  const key = find(0x415e, 0x14a5, 0x94a5);
  expect(key % 2).toBe(0);
  state.snapshot.game.memory.set([key >> 9, (key >> 1) & 255], abbreviations);
  expect(game.setState(state).look).toMatch(/^keyet sand/m);
});

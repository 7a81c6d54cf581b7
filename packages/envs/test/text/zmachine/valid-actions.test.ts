import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZMachineGame } from '@gradus/envs/text';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { walkthrough } from './lighthouse.ts';
import { publishedStory } from './published-stories.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const folder = join(import.meta.dirname, '../../..');
const hidden = readFileSync(join(folder, 'test/fixtures/zmachine/hidden.z5'));
const study = readFileSync(join(folder, 'test/fixtures/zmachine/study.z5'));
const lighthouse = readFileSync(join(folder, 'stories/lighthouse.z5'));

test('what changes the world is found also after the clock has counted a move, and with things that cannot be examined', () => {
  const game = new ZMachineGame(hidden);
  expect(game.reset({ seed: 1 }).validActions).toEqual([
    'north',
    // In the dark, where to examine it takes no time; so with the chest.
    'pull lever',
    // Its dial is in no object and no variable, and opens it only when time passes.
    'turn safe',
    'unlock chest with coin',
  ]);
});

describe('study.z5', () => {
  const begin = (): ZMachineGame => {
    const game = new ZMachineGame(study);
    game.reset({ seed: 1 });
    return game;
  };

  test('a question before the first command is answered by yes or no, each of which leads on', () => {
    const game = begin();
    expect(game.reset({ seed: 1 }).validActions).toEqual(['yes', 'no']);
    expect(game.step('perhaps').observation).toBe('Please say yes or no.');
    expect(game.step('no').observation).toMatch(/^Say what you do\./);
  });

  test('what commands take up before they do anything, what sets a clock that runs, and what a question comes before, are found', () => {
    const game = begin();
    expect(game.step('yes').validActions.toSorted()).toEqual([
      'burn letter',
      'out',
      'take letter',
      'take rope',
      // Neither of them is held.
      'tie rope to hook',
      'wind clock',
    ]);
    expect(game.step('out').validActions).toEqual(['in', 'take rose']);
    game.step('in');
    const asked = game.step('burn letter');
    expect(asked.observation).toBe('Are you sure?');
    expect(asked.validActions).toEqual(['yes', 'no']);
    expect(game.step('no').validActions).toContain('burn letter');
    game.step('burn letter');
    const hash = game.worldHash;
    expect(game.step('yes').observation).toMatch(/^It burns\./);
    expect(game.worldHash).not.toBe(hash);
  });

  test('a search of no more than what is likely still finds what needs nothing unlikely', () => {
    const game = new ZMachineGame(study, { maxSearchInstructions: 10_000 });
    game.reset({ seed: 1 });
    expect(game.step('yes').validActions).toContain('take rope');
  });
});

/** The valid actions of each state of the walkthrough. */
function search(maxSearchInstructions: number): readonly string[][] {
  const game = new ZMachineGame(lighthouse, { maxSearchInstructions, rememberedStates: 0 });
  let told = game.reset({ seed: 1 });
  return walkthrough.map((command) => {
    const { validActions } = told;
    told = game.step(command);
    return [...validActions];
  });
}

test('a search that takes too many instructions ends with what it has found, always the same', () => {
  const whole = search(50_000_000);
  const sizes = [1, 20_000, 50_000, 400_000].map((bound) => {
    const found = search(bound);
    expect(search(bound)).toEqual(found);
    found.forEach((actions, i) => {
      expect(actions.length).toBeLessThanOrEqual(whole[i].length);
    });
    return found.flat().length;
  });
  expect(sizes[0]).toBe(0);
  expect(sizes[1]).toBeGreaterThan(0);
  expect(sizes[1]).toBeLessThan(whole.flat().length);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(sizes[3]).toBeLessThanOrEqual(whole.flat().length);
});

test("what Infocom's parser notes about things that are named changes nothing, and what it refuses by its grammar is not missed", () => {
  const game = new ZMachineGame(publishedStory('minizork.z3'), { rememberedStates: 0 });
  // The door is no object: whatever is done with it, another stands for it.
  expect(game.reset({ seed: 1 }).validActions).toEqual(['north', 'south', 'open mailbox', 'knock down me']);
  game.step('open mailbox');
  expect(game.step('take leaflet').validActions).toEqual(
    expect.arrayContaining(['drop leaflet', 'put leaflet in mailbox', 'close mailbox']),
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZMachineGame } from '@gradus/envs/text';
import { expect, test } from 'vitest';
import { walkthrough } from './lighthouse.ts';

const folder = join(import.meta.dirname, '../../..');
const hidden = readFileSync(join(folder, 'test/fixtures/zmachine/hidden.z5'));
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

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZMachineGame } from '@gradus/envs/text';
import { afterAll, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const folder = join(import.meta.dirname, '../../fixtures/zmachine');

test.each([
  // The variables alone; version 3 has no window above.
  ['status.z3', '', 0, -3],
  ['status-mute.z5', '', 0, -3],
  ['status.z5', 'Yard                                                 Score: -3     Moves: 3', 0, -3],
  ['status.z8', 'Yard                                                 Score: -3     Moves: 3', 0, -3],
  // The variables are not the first ones, as in Inform's library 6/12.
  ['status-later.z5', 'Yard                                                 Score: -3     Moves: 3', 0, -3],
  // No score is shown, and hours and minutes are none.
  ['status-time.z3', '', 0, 0],
  ['status-time.z5', 'Yard                                                 Time:  9:23 am', 0, 0],
])('score, moves and location of %s are those of its status line', (name, status, before, after) => {
  const game = new ZMachineGame(readFileSync(join(folder, name)));
  const beginning = game.reset({ seed: 1 });
  expect([beginning.score, beginning.moves, game.location]).toEqual([before, 0, 'Hall']);
  game.step('wait');
  expect(game.step('take coin').score).toBe(after);
  const { score, moves } = game.step('north');
  expect([score, moves, game.location]).toEqual([after, 3, 'Yard']);
  expect(game.upperWindow).toBe(status);
});

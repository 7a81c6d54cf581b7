import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coinCollector, ZMachineGame } from '@gradus/envs/text';
import { expect, test } from 'vitest';
import { loadEnvironments, makeEnv } from '../../src/catalog/environments.ts';
import { openStory } from '../../src/catalog/stories.ts';
import { playTextGame } from '../../src/play/text-game.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const lighthouse = join(import.meta.dirname, '../../../../packages/envs/stories/lighthouse.z3');

/** A terminal at which these lines are typed. */
function typing(...lines: string[]) {
  const shown: string[] = [];
  return {
    shown,
    terminal: { ask: () => Promise.resolve(lines.shift()), say: (text: string) => void shown.push(text) },
  };
}

test('a person plays a story until it quits, and may go on after its end', async () => {
  const game = await openStory(lighthouse, { untilQuit: true });
  expect(game).toBeInstanceOf(ZMachineGame);
  const { shown, terminal } = typing('/actions', '/what', 'take shell', 'quit', 'y', 'never read');
  const record = await playTextGame(terminal, game, 1);
  expect(shown[0]).toContain('Wet sand');
  expect(shown[1]).toBe('north\nclose basket\ntake shell\ntake basket');
  expect(shown[3]).toBe('Taken.');
  expect(shown).toHaveLength(6);
  expect(record).toContain('\n\n> take shell\nTaken.\n\n> quit\nDo you really want to quit?');
});

test('a person plays a text world until the lines end, or it is won', async () => {
  const game = coinCollector({ level: 1 });
  game.reset();
  const solution = game.shortestSolution() ?? [];
  const won = typing(...solution, 'look');
  expect(await playTextGame(won.terminal, game, 1)).toContain(`> ${solution.at(-1) ?? ''}\n`);
  expect(won.shown.at(-1)).toMatch(/\[score 1, moves \d+\]$/);
  const left = typing('look', '/quit', 'look');
  await playTextGame(left.terminal, game, 1);
  expect(left.shown).toHaveLength(2);
});

test('a story is an environment by its path', async () => {
  const id = `zmachine:${lighthouse}`;
  await loadEnvironments([id]);
  await loadEnvironments([id]);
  const env = makeEnv(id, { maxEpisodeSteps: 5 });
  expect(env.maxEpisodeSteps).toBe(5);
  env.reset({ seed: 1 });
  expect(env.actionMask?.().subarray(0, 5)).toEqual(Uint8Array.of(1, 1, 1, 1, 0));
});

test('what is no game is refused in one line', async () => {
  const folder = temporaryFolder();
  const text = join(folder, 'story.z5');
  await writeFile(text, 'x'.repeat(100));
  for (const [name, message] of [
    ['missing.z3', 'missing.z3: expected a story file of the Z-machine, found no file'],
    [text, `${text}: no story file: expected it to begin with a version from 1 to 8, got 120`],
    ['CartPole-v1', 'CartPole-v1 is no game for people: expected a story file, backgammon or one of CoinCollector-v0'],
  ]) {
    const { status, errors } = await runCommand('play', name);
    expect([status, errors.trim().split('\n').length]).toEqual([1, 1]);
    expect(errors).toContain(message);
  }
  await expect(loadEnvironments(['zmachine:missing.z3'])).rejects.toThrow('missing.z3: expected a story file');
  // As `gradus play` takes it, but `gradus train` does not.
  const trained = await runCommand('train', 'drrn', lighthouse, '--steps', '10');
  expect([trained.status, trained.errors.trim()]).toEqual([
    1,
    `error: ${lighthouse}: expected the id of an environment; that of a story file is zmachine:${lighthouse}`,
  ]);
});

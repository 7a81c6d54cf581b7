import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeMatch } from '@gradus/envs/backgammon';
import { loadCheckpoint } from '@gradus/core/node';
import { expect, it } from 'vitest';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const small = ['--device', 'wasm', '--set', 'hidden=[8]', '--set', 'numGames=2', '--json'];

it('gradus backgammon: trains, goes on with the same numbers, evaluates, and writes matches', async () => {
  const parent = temporaryFolder();
  const [whole, half, match] = ['whole', 'half', 'games.mat'].map((name) => join(parent, name));
  const trained = await runCommand('backgammon', 'train', '--games', '30', '--out', whole, ...small);
  expect(trained.errors).toBe('');
  expect(JSON.parse(trained.output)).toMatchObject({ games: 30, seed: 0, out: whole });

  const again = await runCommand('backgammon', 'train', '--games', '30', '--out', half, ...small);
  expect(again.status).toBe(0);
  const [first, second] = await Promise.all([whole, half].map(async (folder) => loadCheckpoint(folder)));
  expect(second.files).toEqual(first.files);

  const on = await runCommand('backgammon', 'train', '--resume', half, '--games', '40', '--json');
  expect(JSON.parse(on.output)).toMatchObject({ games: 40, out: half });

  const evaluated = await runCommand(
    'backgammon',
    'evaluate',
    whole,
    '--against',
    half,
    '--games',
    '2',
    '--match',
    match,
    '--json',
  );
  expect(evaluated.errors).toBe('');
  const { won, lost } = JSON.parse(evaluated.output) as { won: number[]; lost: number[] };
  expect([...won, ...lost].reduce((sum, n) => sum + n, 0)).toBe(2);
  expect(decodeMatch(readFileSync(match, 'utf8')).games.length).toBe(2);
  const shown = await runCommand(
    'backgammon',
    'evaluate',
    whole,
    '--against',
    'random',
    '--games',
    '2',
    '--plies',
    '2',
  );
  expect(shown.output).toMatch(/30 games\s+│ random\s+│ 2\s+│/);
});

it('gradus backgammon: says in a line what is wrong', async () => {
  const folder = join(temporaryFolder(), 'none');
  const lines = [
    [['evaluate', folder], /cannot be read: there is no saved agent/],
    [['train', '--set', 'lambda=2', '--out', folder], /expected lambda to be a number in \[0, 1\], got 2/],
    [['train', '--set', 'lamda=1', '--out', folder], /lamda/],
    [['evaluate', folder, '--plies', '3'], /Allowed choices are 1, 2/],
    [['play', folder], /cannot be read: there is no saved agent/],
  ] as const;
  for (const [args, message] of lines) {
    const { status, errors } = await runCommand('backgammon', ...args);
    expect(status).not.toBe(0);
    expect(errors).toMatch(message);
  }
  expect(existsSync(folder)).toBe(false);
});

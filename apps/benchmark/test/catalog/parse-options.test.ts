import { describe, expect, it } from 'vitest';
import { parseSeeds } from '../../src/catalog/parse-options.ts';
import { runCommand } from '../run-command.ts';

describe('parseSeeds', () => {
  it.each([
    ['3', [0, 1, 2]],
    ['7,8', [7, 8]],
    ['7,', [7]],
    ['0,', [0]],
    ['0-4', [0, 1, 2, 3, 4]],
    ['3-3', [3]],
    ['0,1,5-7', [0, 1, 5, 6, 7]],
    ['8-9,2,', [8, 9, 2]],
  ])('takes %s', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });

  it.each([
    '4-0',
    '-4',
    '0-',
    '0-2,1',
    '0--4',
    '0-4-8',
    '0-9007199254740993',
    '0-100000',
    '100001',
    '',
    '0',
    '-1',
    '1.5',
    '1,,2',
    ',1',
    '1,1',
    '1e3',
    '1 2',
    'all',
  ])('refuses "%s"', (text) => {
    expect(() => parseSeeds(text)).toThrow(
      'Expected a number of seeds (3), or different seeds: a list (7,8 or 7,), a range (0-4), or both (0,1,5-7).',
    );
  });
});

it.each([
  'experiment td-lambda --seeds',
  'watch agent --episodes',
  'rlhf generate --model m --prompt p --samples',
  'rlhf table --pairs',
  'backgammon evaluate agent --games',
])('%s takes no number that nobody could hold in memory', async (command) => {
  const { status, errors } = await runCommand(...command.split(' '), '1e12');
  expect(status).toBe(2);
  expect(errors).toContain("argument '1e12' is invalid. Expected an integer of at least 1 and at most 1000000.");
});

import { describe, expect, it } from 'vitest';
import { parseSeeds } from '../../src/catalog/parse-options.ts';

describe('parseSeeds', () => {
  it.each([
    ['3', [0, 1, 2]],
    ['7,8', [7, 8]],
    ['7,', [7]],
    ['0,', [0]],
  ])('takes %s', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });

  it.each(['', '0', '-1', '1.5', '1,,2', ',1', '1,1', '1e3', '1 2', 'all'])('refuses "%s"', (text) => {
    expect(() => parseSeeds(text)).toThrow('Expected a number of seeds (3), or different seeds (7,8 or 7,).');
  });
});

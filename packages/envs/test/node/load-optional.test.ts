import { expect, test } from 'vitest';
import { loadOptional } from '../../src/node/load-optional.ts';

test('gives the module that is there', async () => {
  expect(await loadOptional('vitest', () => import('vitest'))).toHaveProperty('test', test);
});

test('says what to install where it is not', async () => {
  const name = '@gradus/not-there';
  await expect(loadOptional(name, () => import(name))).rejects.toThrow(
    /^the package @gradus\/not-there is needed for pictures and cannot be loaded; npm install @gradus\/not-there \(.*\)$/,
  );
});

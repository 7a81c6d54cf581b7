import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readResults } from '../../src/results/results-folder.ts';

const records = join(import.meta.dirname, '..', '..', 'records');
// Searches keep scores of trials, in files of another kind.
const names = readdirSync(records, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('tune-'))
  .map(({ name }) => name);

it.each(names)('what is on record of %s is as it was written, and in its own place', async (name) => {
  const results = await readResults(join(records, name));
  expect(results.records.length).toBeGreaterThan(0);
  // A path of the machine that it was made on means nothing elsewhere.
  expect(results.description.command.endsWith(`--out apps/benchmark/records/${name}`)).toBe(true);
});

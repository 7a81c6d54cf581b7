import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('glkote-term/package.json')), 'tests');

/**
 * Published stories of version 3, from the package of another interpreter: Mini-Zork (52 kB), by Infocom, with the parser of its other stories; Adventure (66 kB), compiled by ZILF; Curses
 * (118 kB), by an early Inform with a larger parser. Zork I, with 85 kB, is between them.
 */
export const publishedStories = ['minizork.z3', 'advent.z3', 'curses.z3'] as const;

export function publishedStory(name: (typeof publishedStories)[number]): Uint8Array {
  return readFileSync(join(folder, name));
}

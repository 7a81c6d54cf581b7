import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staleBuild } from '../../src/files/stale-build.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A checkout with files that were written at these times, in seconds; the folder of its command. */
function checkout(files: Readonly<Record<string, number>>): string {
  const root = temporaryFolder();
  for (const [name, time] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    utimesSync(path, time, time);
  }
  return join(root, 'apps', 'benchmark');
}

const built = {
  'apps/benchmark/tsconfig.build.json': 1,
  'apps/benchmark/src/a.ts': 10,
  'apps/benchmark/dist/index.js': 20,
  'packages/core/src/deep/b.ts': 10,
  'packages/core/dist/index.js': 20,
};

describe('staleBuild', () => {
  it('says nothing where everything was built after it was written', () => {
    expect(staleBuild(checkout(built))).toBeUndefined();
  });

  it('names what was changed since, or was never built, and the cure', () => {
    const stale = staleBuild(checkout({ ...built, 'packages/core/src/deep/b.ts': 30, 'packages/envs/src/c.ts': 5 }));
    expect(stale).toBe(
      "note: sources of core, envs are newer than what was built and runs here; 'pnpm build' builds them, 'pnpm dev' runs them",
    );
  });

  it('says nothing of an installed package', () => {
    expect(staleBuild(checkout({ 'node/dist/index.js': 1 }))).toBeUndefined();
  });
});

// `pnpm check:packages`: packs every package as it is published and has publint and attw examine the tarballs.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpm } from './run.mjs';

const tarballs = mkdtempSync(join(tmpdir(), 'gradus-'));
try {
  await pnpm(
    '--filter',
    './packages/*',
    '--filter',
    './apps/benchmark',
    'exec',
    'pnpm',
    'pack',
    '--pack-destination',
    tarballs,
  );
  for (const file of readdirSync(tarballs)) {
    const tarball = join(tarballs, file);
    await pnpm('exec', 'publint', tarball, '--strict');
    await pnpm('exec', 'attw', tarball, '--profile', 'esm-only', '--no-summary');
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

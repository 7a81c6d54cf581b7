// `pnpm check:packages`: packs every package as it is published and has publint and attw examine the tarballs.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { root, run } from './run.mjs';

const tarballs = mkdtempSync(join(tmpdir(), 'gradus-'));
try {
  await pack(tarballs);
  for (const file of readdirSync(tarballs)) {
    const tarball = join(tarballs, file);
    await run(join(root, 'node_modules', '.bin', 'publint'), [tarball, '--strict']);
    await run(join(root, 'node_modules', '.bin', 'attw'), [tarball, '--profile', 'esm-only', '--no-summary']);
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UserError } from '../user-error.ts';

/** Where a `python3` may be: the search path, then the system's own, which something on the path may hide. */
export function pythonFolders(): string[] {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
}

/**
 * The first `python3` in `folders` that can import PyTorch.
 * @throws UserError when there is none, with the way to get one.
 */
export function findTorch(folders: readonly string[]): string {
  const interpreters = [...new Set(folders.map((folder) => join(folder, 'python3')))].filter((path) =>
    existsSync(path),
  );
  const found = interpreters.find((path) => spawnSync(path, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
  if (found !== undefined) return found;
  throw new UserError(
    `--torch: no python3 imports torch (tried ${interpreters.join(', ') || 'none'}); ` +
      'on Debian: apt-get install python3-torch libopenblas0-pthread',
  );
}

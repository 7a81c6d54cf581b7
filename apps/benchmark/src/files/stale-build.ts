import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What to say where this is a checkout whose sources were changed after they were built; undefined where all is built, or where
 * the command was installed as a package.
 * @param app folder of the command
 */
export function staleBuild(app: string): string | undefined {
  // Not among what is published.
  if (!existsSync(join(app, 'tsconfig.build.json'))) return undefined;
  const packages = join(app, '..', '..', 'packages');
  const folders = [...readdirSync(packages).map((name) => join(packages, name)), app];
  const stale = folders.filter((folder) => lastWritten(join(folder, 'src')) > lastBuilt(folder));
  if (stale.length === 0) return undefined;
  const names = stale.map((folder) => folder.split(/[/\\]/).at(-1)).join(', ');
  return `note: sources of ${names} are newer than what was built and runs here; 'pnpm build' builds them, 'pnpm dev' runs them`;
}

/** When the newest of the sources was written, in milliseconds; -Infinity where there are none. */
function lastWritten(folder: string): number {
  if (!existsSync(folder)) return -Infinity;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return names.reduce((latest, name) => Math.max(latest, statSync(join(folder, name)).mtimeMs), -Infinity);
}

/** When a package was built, which writes all its files: one tells of them all. */
function lastBuilt(folder: string): number {
  return statSync(join(folder, 'dist', 'index.js'), { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

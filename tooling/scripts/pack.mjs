import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root } from './run.mjs';

/** The package.json in a folder of the repository. */
export const manifestOf = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Folders of all packages and apps, and of those among them that are published. */
export const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
);
export const published = folders.filter((folder) => !manifestOf(folder).private);

/** Packs what is published into the folder `target`, and returns the tarballs' names by those of the packages. Needs a build. */
export async function pack(target) {
  mkdirSync(target, { recursive: true });
  const filters = published.flatMap((folder) => ['--filter', `./${folder}`]);
  await pnpm(...filters, 'exec', 'pnpm', '--silent', 'pack', '--pack-destination', target);
  return Object.fromEntries(
    published.map((folder) => {
      const { name, version } = manifestOf(folder);
      return [name, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`];
    }),
  );
}

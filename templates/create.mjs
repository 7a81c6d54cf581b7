// `node templates/create.mjs node my-agent`: copies a starter into a new folder, with the versions of this repository's packages. As long as
// these were never released, all are packed into a folder `gradus` of the new one, whose package.json asks for what it needs there.
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { manifestOf, pack } from '../tooling/scripts/pack.mjs';
import { install, pnpm } from '../tooling/scripts/run.mjs';

const starters = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const [starter, folder] = process.argv.slice(2);
if (!starters.includes(starter) || folder === undefined) {
  console.error(`usage: node templates/create.mjs ${starters.join('|')} <folder>`);
  process.exit(1);
}
const target = resolve(folder);
if (existsSync(target)) {
  console.error(`${target} is there already: expected the name of a new folder`);
  process.exit(1);
}

const folderOf = (name) => name.replace('@gradus/', 'packages/');

/** Names of packages, and of those of this repository that they need. */
function withDependencies(names) {
  const all = new Set(names);
  // A set's iteration comes to what is added meanwhile.
  for (const name of all)
    for (const other of Object.keys(manifestOf(folderOf(name)).dependencies ?? {}))
      if (other.startsWith('@gradus/')) all.add(other);
  return [...all];
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, starter, 'package.json'), 'utf8'));
const names = withDependencies(Object.keys(manifest.dependencies));
const versions = names.map((name) => manifestOf(folderOf(name)).version);
if (versions.includes('0.0.0')) {
  await install();
  await pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
  const tarballs = await pack(join(target, 'gradus'));
  for (const name of names) manifest.dependencies[name] = `file:gradus/${tarballs[name]}`;
} else {
  for (const name of Object.keys(manifest.dependencies))
    manifest.dependencies[name] = `^${versions[names.indexOf(name)]}`;
}
cpSync(join(import.meta.dirname, starter), target, { recursive: true });
manifest.name = basename(target);
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${folder}: now cd ${folder} && npm install && npm start`);

// `node templates/create.mjs vite my-page`: copies a starter into a new folder, with the versions of this repository's packages.
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';

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

/** The version of a package of this repository. */
function versionOf(name) {
  const file = join(import.meta.dirname, '..', 'packages', name.replace('@gradus/', ''), 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

cpSync(join(import.meta.dirname, starter), target, { recursive: true });
const file = join(target, 'package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8'));
manifest.name = basename(target);
for (const name of Object.keys(manifest.dependencies)) manifest.dependencies[name] = `^${versionOf(name)}`;
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${folder}: now cd ${folder} && npm install && npm start`);

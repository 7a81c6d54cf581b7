// `pnpm check:readmes`: compiles and runs every TypeScript example of every README, as a user would who copies it. Needs a build.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './run.mjs';

/** Seconds that an example may take. */
const LIMIT = 120;

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
};

const folders = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
const readmes = ['.', ...folders]
  .map((folder) => join(folder, 'README.md'))
  .filter((path) => existsSync(join(root, path)));

/**
 * The examples of a README: where each begins, its code, and its modules by name. One that is marked as `ts continued` goes on with the one
 * before; one that begins with a comment that is the name of a file is a module of the one after.
 */
function examplesOf(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const examples = [];
  let modules = {};
  for (const { index, 1: mark, 2: code } of text.matchAll(/^```ts( continued)?\n(.*?)^```$/gms)) {
    const [, file] = /^\/\/ ([\w-]+\.ts)\n/.exec(code) ?? [];
    if (file !== undefined) modules[file] = code;
    else if (mark !== undefined) examples.at(-1).code += code;
    else {
      examples.push({ place: `${path}:${text.slice(0, index).split('\n').length}`, code, modules });
      modules = {};
    }
  }
  return examples;
}

/** An empty project in which the packages of this repository are installed, and what their examples need besides. */
function createProject(folder) {
  const modules = join(folder, 'node_modules');
  for (const scope of ['@gradus', '@types']) mkdirSync(join(modules, scope), { recursive: true });
  const link = (name, target) => symlinkSync(target, join(modules, name), 'junction');
  for (const path of folders) link(`@gradus/${path.split(/[\\/]/)[1]}`, join(root, path));
  const benchmark = join(root, 'apps', 'benchmark', 'node_modules');
  link('@types/node', join(benchmark, '@types', 'node'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
}

function run(folder, ...args) {
  const env = { ...process.env, GRADUS_DEVICE: 'wasm' };
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: LIMIT * 1000,
  });
  return status === 0 ? undefined : (error?.message ?? stdout + stderr).trim();
}

const temporary = mkdtempSync(join(tmpdir(), 'gradus-readmes-'));
try {
  createProject(temporary);
  const examples = readmes.flatMap(examplesOf).map((example, i) => {
    // What an example writes stays in a folder of its own.
    const folder = join(temporary, `example-${i}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'main.ts'), `${example.code}\nexport {};\n`);
    for (const [name, code] of Object.entries(example.modules)) writeFileSync(join(folder, name), code);
    return { ...example, folder };
  });
  writeFileSync(join(temporary, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['example-*/main.ts'] }));
  const mistakes = run(temporary, join(root, 'node_modules', 'typescript', 'bin', 'tsc')) ?? '';
  if (mistakes !== '' && !/^example-/m.test(mistakes)) throw new Error(mistakes);
  for (const [i, { place, folder }] of examples.entries()) {
    const own = mistakes.split('\n').filter((line) => line.startsWith(`example-${i}/`));
    const started = performance.now();
    const problem = own.length > 0 ? own.join('\n') : run(folder, 'main.js');
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (problem === undefined) console.log(`ok: ${place} (${seconds} s)`);
    else {
      console.error(`fail: ${place}\n${problem}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

// `pnpm check:readmes`: does what a reader does who copies the examples of the READMEs. Packs the packages, installs the tarballs with npm in
// an empty project, compiles and runs every example on plain Node, and compares what it prints with what the README says it does. Links to files have to lead to one.
// The starters of `templates` are made and run in the same way. CONTRIBUTING.md has the marks of examples; a README that is named as argument is the only one. Needs a build.
import { exec } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { folders, manifestOf, pack, published } from './pack.mjs';
import { root } from './run.mjs';

/** Seconds that a command of an example, or its page, may take. */
const LIMIT = 600;

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true, // for TensorFlow.js alone; an example with a tsconfig.json of its own can do without
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
};

/** The starters of `templates`: what their README says to do, and what they have to say. */
const starters = [
  { name: 'node', commands: ['npm install', 'npm start'], output: 'mean return …, saved in runs/agent\n' },
  { name: 'vite', commands: ['npm install', 'npm run build', 'npx vite preview'], output: 'balanced for … steps\n' },
];
const readmes = process.argv.slice(2).map((path) => relative(root, resolve(path)));
const isAll = readmes.length === 0;
if (isAll) readmes.push(...['.', ...folders].map((folder) => join(folder, 'README.md')));

/** Blocks of commands, and of code for what is not installed here, that are no examples. */
let onlyRead = 0;

/**
 * The examples of a README: where each begins, its files by name, the commands that run it, and what it has to print, if the README says so.
 * Throws for a block of code that is none of what there may be, and for files that belong to no example.
 */
function examplesOf(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const examples = [];
  let files = {};
  const add = (place, own, commands) => {
    examples.push({ place, files: { ...files, ...own }, commands });
    files = {};
  };
  for (const { index, 1: info, 2: code } of text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)) {
    const place = `${path}:${text.slice(0, index).split('\n').length}`;
    const name = /^(?:\/\/|<!--) ([\w-]+\.\w+)/.exec(code)?.[1] ?? /^\w+ ([\w-]+\.\w+)$/.exec(info)?.[1];
    if (name !== undefined) files[name] = code;
    else if (info === 'ts') add(place, { 'main.ts': code }, ['node main.js']);
    else if (info === 'ts continued') examples.at(-1).files['main.ts'] += code;
    else if (info === 'sh run') add(place, {}, code.trim().split('\n'));
    else if (info === 'text') examples.at(-1).output = code;
    else if (['sh', 'js', 'py'].includes(info)) onlyRead++;
    else if (!['', 'json', 'diff'].includes(info)) throw new Error(`${place}: \`\`\`${info} is no mark of an example`);
  }
  const left = Object.keys(files);
  if (left.length > 0) throw new Error(`${path}: ${left.join(', ')} is followed by no example that it belongs to`);
  return examples;
}

const env = { ...process.env, GRADUS_DEVICE: 'wasm', NO_COLOR: '1', npm_config_yes: 'false' };

/** Runs a command, and returns what it printed; throws all of it where the command fails. */
async function run(folder, command, options) {
  const settings = { cwd: folder, timeout: LIMIT * 1000, maxBuffer: Infinity, env, ...options };
  try {
    const { stdout } = await promisify(exec)(command, settings);
    return stdout;
  } catch (error) {
    const end = error.killed ? `killed after ${LIMIT} s\n` : '';
    throw new Error(`${command}\n${end + error.stdout + error.stderr}`.trim(), { cause: error });
  }
}

/** Makes `folder` a project in which the packed packages are installed, and what compiles their users' code. */
async function createProject(folder) {
  const tarballs = await pack(join(folder, 'tarballs'));
  const dependencies = Object.fromEntries(
    Object.entries(tarballs).map(([name, file]) => [name, `file:tarballs/${file}`]),
  );
  // The packages ask for each other by version, which the registry may not have yet.
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]));
  const installed = (name) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const tools = ['typescript', '@types/node', 'vite'];
  const devDependencies = Object.fromEntries(tools.map((name) => [name, installed(name)]));
  const manifest = { type: 'module', private: true, dependencies, overrides, devDependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  await run(folder, 'npm install --no-audit --no-fund --loglevel=error', { timeout: 0, env: process.env });
}

/**
 * Throws unless programs without Node's types compile that import any entry of a package, and have the compiler check its declarations.
 * TensorFlow.js's own are not in order.
 */
async function checkDeclarations(folder) {
  const entries = published.flatMap((path) => {
    const { name, publishConfig } = manifestOf(path);
    const typed = Object.entries(publishConfig.exports).filter(([, { types }]) => types !== undefined);
    return name === '@gradus/tfjs' ? [] : typed.map(([entry]) => name + entry.slice(1));
  });
  mkdirSync(join(folder, 'entries'));
  writeFileSync(
    join(folder, 'entries', 'main.ts'),
    entries.map((entry) => `import type {} from '${entry}';\n`).join(''),
  );
  const options = { ...compilerOptions, skipLibCheck: false, types: [], noEmit: true };
  writeFileSync(join(folder, 'entries', 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  await run(join(folder, 'entries'), 'npx tsc');
}

/** Compiles all examples at once, but those that bring a tsconfig.json and compile themselves; the compiler's complaints. */
async function compile(folder) {
  // The compiler takes it for an error to be given nothing.
  if (!examples.some(({ files }) => Object.keys(files).some((name) => name.endsWith('.ts')))) return [];
  const own = examples.flatMap(({ files }, i) => ('tsconfig.json' in files ? [`example-${i}`] : []));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['example-*/*.ts'], exclude: own }),
  );
  try {
    await run(folder, 'npx tsc');
    return [];
  } catch (error) {
    if (!/^example-/m.test(error.message)) throw error;
    return error.message.split('\n');
  }
}

/** Throws unless the lines of `expected` are in `found`, one after the other; … stands for anything. */
function compare(found, expected) {
  const lines = expected
    .trimEnd()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('…', '.*?');
  if (!new RegExp(`^${lines}$`, 'ms').test(found))
    throw new Error(`it says\n${found}where the README says\n${expected}`);
}

/** Opens the page that Vite built in `folder`; throws unless at last it reads as `expected`, and without an error. */
async function checkPage(folder, expected) {
  const [{ launchOptions }, { chromium }, { preview }] = await Promise.all(
    ['./chromium.mjs', 'playwright', 'vite'].map((name) => import(name)),
  );
  const server = await preview({ root: folder, logLevel: 'error' });
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      const { url } = message.location();
      // Chromium asks every site for an icon.
      if (message.type() === 'error' && !url.endsWith('/favicon.ico')) errors.push(`${url}: ${message.text()}`);
    });
    await page.goto(server.resolvedUrls.local[0]);
    for (const end = performance.now() + LIMIT * 1000; ; await wait(250)) {
      const shown = await page.innerText('body');
      if (errors.length > 0) throw new Error(errors.join('\n'));
      try {
        compare(`${shown}\n`, expected);
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Runs an example's commands in its folder; a page is opened where the reader is told to, by `npx vite preview`. */
async function runExample(folder, { commands, output }) {
  let printed = '';
  for (const command of commands) {
    if (command === 'npx vite preview') return checkPage(folder, output);
    printed += await run(folder, command);
  }
  if (output !== undefined) compare(printed, output);
}

/** Throws for a link to a file that is not there. */
function checkLinks(path) {
  const text = readFileSync(join(root, path), 'utf8');
  for (const [, target] of text.matchAll(/\]\((?![a-z]+:)([^)#\s]+)/g)) {
    if (!existsSync(join(root, path, '..', target)))
      throw new Error(`${path}: there is no ${target}, to which it links`);
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'gradus-readmes-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

readmes.forEach(checkLinks);
const examples = readmes.flatMap(examplesOf);
await createProject(temporary);
for (const [i, { files }] of examples.entries()) {
  // What an example writes stays in a folder of its own.
  mkdirSync(join(temporary, `example-${i}`));
  for (const [name, code] of Object.entries(files)) writeFileSync(join(temporary, `example-${i}`, name), code);
}
const mistakes = await compile(temporary);

/** Runs those of the examples that nobody else has begun with. */
async function runExamples(waiting) {
  for (const [i, example] of waiting) {
    const folder = join(temporary, `example-${i}`);
    const started = performance.now();
    try {
      const own = mistakes.filter((line) => line.startsWith(`example-${i}/`));
      if (own.length > 0) throw new Error(own.join('\n'));
      await runExample(folder, example);
      console.log(`ok: ${example.place} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      console.error(`fail: ${example.place}\n${error.message}`);
      process.exitCode = 1;
    }
  }
}

if (isAll) {
  await checkDeclarations(temporary);
  for (const { name, ...starter } of starters) {
    await run(
      root,
      `node templates/create.mjs ${name} ${JSON.stringify(join(temporary, `example-${examples.length}`))}`,
    );
    examples.push({ place: `templates/${name}`, files: {}, ...starter });
  }
}
const waiting = examples.entries();
await Promise.all(Array.from({ length: availableParallelism() }, () => runExamples(waiting)));
console.log(`${examples.length} examples; ${onlyRead} blocks are only read`);

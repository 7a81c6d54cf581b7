import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';
import { docs, generated } from './folders.ts';
import { readPages, type Page } from './pages.ts';
import type { ReferencePages } from './reference.ts';

/** A program of a page: what its blocks say one after the other. */
export interface Example {
  /** `guides/first-agent-2`: page and number. */
  readonly name: string;
  /** Where its first block begins. */
  readonly place: string;
  readonly blocks: readonly string[];
  /** Whether it is run, and what it prints shown below it. */
  readonly runs: boolean;
}

/**
 * The programs of a page. A block of `ts` is one, that is run when the site is built; `ts continued` goes on with the one before, and a block
 * of `ts no-run` is only compiled.
 */
export function examplesOf({ path, text }: Page): Example[] {
  const examples: { name: string; place: string; blocks: string[]; runs: boolean }[] = [];
  for (const { index, 1: info, 2: code } of text.matchAll(/^ *```ts\b([^\n]*)\n(.*?)^ *```$/gms)) {
    const place = `${path}:${text.slice(0, index).split('\n').length}`;
    const mark = info.trim();
    if (mark === 'continued') {
      const before = examples.at(-1);
      if (before === undefined) throw new Error(`${place}: there is no block before it that it could go on with`);
      before.blocks.push(code);
    } else if (mark === '' || mark === 'no-run') {
      const name = `${path.replace(/\.md$/, '').replaceAll('/', '-')}-${examples.length + 1}`;
      examples.push({ name, place, blocks: [code], runs: mark === '' });
    } else throw new Error(`${place}: \`\`\`ts ${mark} is no mark of an example`);
  }
  return examples;
}

/** What examples in comments take for granted. */
const CONTEXT = ['env', 'policy', 'random', 'steps', 'callbacks'];

/** An example in a doc comment, which the reference shows: a few lines, without what they import. */
export interface CommentExample {
  readonly name: string;
  readonly code: string;
}

/** The blocks of `ts` in the comments of a source. */
export function commentExamplesOf(path: string, text: string): CommentExample[] {
  return [...text.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, lines], i) => ({
    name: `comment-${path.replace(/\.ts$/, '').replaceAll('/', '-')}-${i + 1}`,
    code: lines.replaceAll(/^ *\* ?/gm, ''),
  }));
}

/** The example as a module: names that packages export are imported, from `entry` where there is a choice, and what is left is there. */
export function commentModule(code: string, pages: ReferencePages, entry: string): string {
  const words = new Set(code.match(/\b[A-Za-z]\w*\b/g));
  const isDeclared = (name: string): boolean => new RegExp(`\\b(const|let|function) ${name}\\b`).test(code);
  const imports = [...words].flatMap((name) => {
    const places = Object.hasOwn(pages, name) && !isDeclared(name) ? pages[name].map((page) => page.entry) : [];
    if (places.length === 0) return [];
    return [`import { ${name} } from '@gradus/${places.includes(entry) ? entry : places[0]}';\n`];
  });
  if (words.has('writeFile')) imports.push("import { writeFile } from 'node:fs/promises';\n");
  const context = CONTEXT.filter((name) => words.has(name) && !isDeclared(name)).map(
    (name) => `declare const ${name}: any;\n`,
  );
  return [...imports, ...context, code, 'export {};\n'].join('');
}

/** Writes the examples in the comments of all packages as files to be compiled. */
function writeCommentExamples(folder: string, pages: ReferencePages): void {
  const packages = join(docs, '..', '..', 'packages');
  for (const entry of readdirSync(packages)) {
    const source = join(packages, entry, 'src');
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const { name, code } of commentExamplesOf(join(entry, file), readFileSync(join(source, file), 'utf8'))) {
        writeFileSync(join(folder, `${name}.ts`), commentModule(code, pages, entry));
      }
    }
  }
}

/** By what the output of a block is found: the page, and what the block says. */
export function blockKey(path: string, code: string): string {
  return createHash('sha256').update(`${path}\n${code}`).digest('hex');
}

/** Writes all examples as files, those in comments too, compiles them at once, runs them one after the other, and keeps what each block prints. */
export async function runExamples(pages: ReferencePages): Promise<Record<string, string>> {
  const folder = join(generated, 'examples');
  mkdirSync(folder, { recursive: true });
  const examples = readPages().flatMap((page) => examplesOf(page).map((example) => ({ ...example, page: page.path })));
  // An `export` makes a module of what imports nothing.
  for (const { name, blocks } of examples) writeFileSync(join(folder, `${name}.ts`), `${blocks.join('')}export {};\n`);
  writeCommentExamples(folder, pages);
  const compiled = spawnSync('npx', ['tsc', '-p', 'tsconfig.examples.json'], { cwd: docs, encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(compiled.stdout + compiled.stderr);
  const outputs: Record<string, string> = {};
  const problems: string[] = [];
  for (const example of examples.filter(({ runs }) => runs)) {
    try {
      Object.assign(outputs, await run(folder, example));
    } catch (error) {
      problems.push(`${example.place}: ${String(error)}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  writeFileSync(join(generated, 'outputs.json'), JSON.stringify(outputs));
  return outputs;
}

/** What each block of an example prints. */
async function run(folder: string, { name, page, blocks }: Example & { page: string }) {
  const end = `console.log(${JSON.stringify(END)});\n`;
  const { outputText } = ts.transpileModule(blocks.join(end), {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, outputText);
  const printed: string[] = [''];
  const { log } = console;
  console.log = (...values: unknown[]) => {
    if (values[0] === END) printed.push('');
    else printed[printed.length - 1] += `${format(...values)}\n`;
  };
  try {
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
  }
  return Object.fromEntries(blocks.map((code, i) => [blockKey(page, code), printed[i]]));
}

/** Printed between two blocks. */
const END = '\u0000end of a block';

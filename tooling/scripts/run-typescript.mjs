// With `node --import` of this, Node runs TypeScript: versions that strip types as they do, others by the compiler of this repository.
import { register } from 'node:module';
import process from 'node:process';

const hooks = `
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import typescript from ${JSON.stringify(import.meta.resolve('typescript'))};

const compilerOptions = { target: 'es2022', module: 'esnext', inlineSourceMap: true };
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  const { outputText: source } = typescript.transpileModule(text, { compilerOptions, fileName: fileURLToPath(url) });
  return { format: 'module', source, shortCircuit: true };
}`;
if (!process.features.typescript) register(`data:text/javascript,${encodeURIComponent(hooks)}`);

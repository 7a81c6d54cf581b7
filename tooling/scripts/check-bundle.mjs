// `pnpm check:bundle`: how much a page loads to train PPO in CartPole, minified and gzipped. Needs a build.
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './run.mjs';

/** Bytes that it may be. */
const LIMIT = 101_000;

const entry = join(root, 'apps', 'benchmark', 'entry-of-a-page.js'); // there is no such file; its imports are seen from there
const code = `export { cartPole } from '@gradus/envs'; export { Ppo } from '@gradus/policy-gradient';`;
const page = {
  name: 'page',
  resolveId: (id) => (id === entry ? id : undefined),
  load: (id) => (id === entry ? code : undefined),
};
const { output } = await build({
  configFile: false,
  logLevel: 'warn',
  plugins: [page],
  build: { write: false, rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' } },
});
const bytes = output.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0);
const size = `Ppo and cartPole are ${(bytes / 1000).toFixed(1)} kB gzipped, of ${LIMIT / 1000} kB at most`;
if (bytes <= LIMIT) console.log(`ok: ${size}`);
else {
  console.error(`fail: ${size}`);
  process.exitCode = 1;
}

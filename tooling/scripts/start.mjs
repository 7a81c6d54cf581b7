// `npm start`: installs, builds, runs the quick benchmark and writes its report. Needs nothing but Node and npm.
// Arguments go to the benchmark.
import process from 'node:process';
import { install, pnpm, run } from './run.mjs';

await install();
await pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
const gradus = 'apps/benchmark/dist/cli.js';
const results = 'runs/bench/quick';
const args = ['bench', 'quick', '--out', results, '--fresh', ...process.argv.slice(2)];
await run(process.execPath, [gradus, ...args]);
await run(process.execPath, [gradus, 'report', results, '--out', `${results}/report.html`, '--force']);

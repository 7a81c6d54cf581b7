// `npm start`: installs, builds and runs the demonstration. Needs nothing but Node and npm.
import process from 'node:process';
import { install, pnpm, run } from './run.mjs';

await install();
await pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
await run(process.execPath, ['apps/benchmark/dist/cli.js', 'demo', ...process.argv.slice(2)]);

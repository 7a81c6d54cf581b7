// `npm test`: installs, builds and runs every test. Needs nothing but Node and npm. Arguments go to turbo.
import process from 'node:process';
import { install, pnpm } from './run.mjs';

await install();
await pnpm('exec', 'turbo', 'run', 'build', 'test', ...process.argv.slice(2));

// `pnpm tfjs-node`: fetches libtensorflow for @tensorflow/tfjs-node, which `pnpm install` does not (see pnpm-workspace.yaml).
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { root, run } from './run.mjs';

const folder = realpathSync(join(root, 'packages/tfjs/node_modules/@tensorflow/tfjs-node'));
process.env.PATH = join(folder, 'node_modules', '.bin') + delimiter + process.env.PATH; // where node-pre-gyp is
await run(process.execPath, ['scripts/install.js'], folder);

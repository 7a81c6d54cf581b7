#!/usr/bin/env node
import { join } from 'node:path';
import { staleBuild } from './files/stale-build.ts';
import { runGradus } from './gradus.ts';

const args = process.argv.slice(2);
// From the sources nothing is stale, and machines are told nothing but results.
const isBuilt = import.meta.filename.endsWith('.js');
const note = isBuilt && !args.includes('--json') ? staleBuild(join(import.meta.dirname, '..')) : undefined;
if (note !== undefined) console.error(note);
process.exitCode = await runGradus(args);

#!/usr/bin/env node
import { runGradus } from './gradus.ts';

process.exitCode = await runGradus(process.argv.slice(2));

// Makes what pages show but nobody writes: the reference, tables of options and of results, and what examples print.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './check.ts';
import { runExamples } from './examples.ts';
import { docs, generated } from './folders.ts';
import { writeReference } from './reference.ts';
import { writeResults } from './results.ts';

for (const folder of [generated, join(docs, 'reference')]) rmSync(folder, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
const pages = await writeReference();
writeResults();
check(pages, await runExamples(pages));

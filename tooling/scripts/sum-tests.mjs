// Sums the summaries that vitest left in the log named as argument, prints "N passed, N failed" and fails if any test did, or
// if there is no summary at all.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

const totals = { passed: 0, failed: 0 };
const log = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8'));
// A summary is a line such as "Tests  1 failed | 12 passed (13)", behind the name of a task where turbo ran it.
const summaries = [...log.matchAll(/^(?:\S+: +)? +Tests {2}(.*\(\d+\))$/gm)];
for (const [, counts] of summaries) {
  for (const [, count, state] of counts.matchAll(/(\d+) (passed|failed)/g)) totals[state] += Number(count);
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
if (summaries.length === 0 || totals.failed > 0) process.exitCode = 1;

// Sums the summaries that vitest left in the logs named as arguments, prints "N passed, N failed" and fails if any test did,
// or if there is no summary at all.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

const totals = { passed: 0, failed: 0 };
let summaries = 0;
for (const log of process.argv.slice(2)) {
  const text = stripVTControlCharacters(readFileSync(log, 'utf8'));
  // A summary is a line such as "Tests  1 failed | 12 passed (13)", behind the name of a task where turbo ran it.
  for (const [, counts] of text.matchAll(/^(?:\S+: +)? +Tests {2}(.*\(\d+\))$/gm)) {
    summaries += 1;
    for (const [, count, state] of counts.matchAll(/(\d+) (passed|failed)/g)) totals[state] += Number(count);
  }
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
if (summaries === 0 || totals.failed > 0) process.exitCode = 1;

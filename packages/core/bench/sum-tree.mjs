import { parseArgs } from 'node:util';
import { Random, SumTree } from '@gradus/core';

/**
 * Draws and updates of a `SumTree` of 10⁶ priorities, per second of processor time, which is per second on one core that has nothing
 * else to do: stratified batches of 32 as prioritized replay draws them, random numbers included, and new priorities for random
 * rows. The median of several repetitions. Needs a build.
 *
 *     pnpm --filter @gradus/core bench [--json]
 */

const SIZE = 1e6;
const BATCH = 32;
const REPETITIONS = 5;
const SECONDS = 0.5;

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const random = new Random(1);
const tree = new SumTree(SIZE);
for (let i = 0; i < SIZE; i++) tree.set(i, random.nextFloat());
const rows = Uint32Array.from({ length: SIZE }, () => random.integer(SIZE));
const priorities = Float64Array.from(rows, () => random.nextFloat());

let checksum = 0;
function sample() {
  const part = tree.total / BATCH;
  for (let k = 0; k < BATCH; k++) checksum += tree.find((k + random.nextFloat()) * part);
}

let next = 0;
function update() {
  for (let k = 0; k < BATCH; k++, next = (next + 1) % rows.length) tree.set(rows[next], priorities[next]);
}

const results = [
  { operation: 'sample', perSecond: median(() => rate(sample)) },
  { operation: 'update', perSecond: median(() => rate(update)) },
];
if (!Number.isFinite(checksum)) throw new Error(`sum of the rows drawn: ${checksum}`);
if (values.json) console.log(JSON.stringify({ size: SIZE, batch: BATCH, results }, null, 2));
else for (const { operation, perSecond } of results) console.log(`${operation} ${(perSecond / 1e6).toFixed(2)} M/s`);

/** Rows per second of `run`, which treats a batch. */
function rate(run) {
  const start = process.cpuUsage();
  let count = 0;
  let seconds;
  do {
    for (let k = 0; k < 1000; k++) run();
    count += 1000 * BATCH;
    const { user, system } = process.cpuUsage(start);
    seconds = (user + system) / 1e6;
  } while (seconds < SECONDS);
  return Math.round(count / seconds);
}

function median(measure) {
  const rates = Array.from({ length: REPETITIONS }, measure).sort((a, b) => a - b);
  return rates[(REPETITIONS - 1) / 2];
}

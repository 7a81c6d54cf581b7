import { makeVectorEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';

/**
 * A million updates of a tiny PPO, one every four environment steps: prints the process's memory every 100,000 updates and fails if
 * it grows. Needs a build. `pnpm --filter @gradus/policy-gradient soak`, which has V8 collect its garbage before each report, for
 * otherwise one sees little else.
 */

const UPDATES = Number(process.argv[2] ?? 1_000_000);
const REPORTS = 10;
/** MiB by which the median of the second half of the reports may exceed that of the first: a leak of 7 bytes an update is more. */
const MARGIN = 3;
const STEPS = 4;

const agent = new Ppo(makeVectorEnv('CartPole-v1', 1), { hidden: [8], steps: STEPS, batchSize: STEPS, epochs: 1 });
const startTime = performance.now();
const memory = [];
for (const { step } of agent.learn({ steps: UPDATES * STEPS })) {
  const updates = step / STEPS;
  if (updates % (UPDATES / REPORTS) !== 0) continue;
  globalThis.gc();
  memory.push(process.memoryUsage.rss() / 2 ** 20);
  const seconds = (performance.now() - startTime) / 1000;
  console.log(`${updates} updates: ${memory.at(-1).toFixed(1)} MiB, ${(updates / seconds).toFixed(0)} updates/s`);
}
// Medians, since V8 now and then keeps some MiB that it has collected.
const growth = median(memory.slice(REPORTS / 2)) - median(memory.slice(0, REPORTS / 2));
const isFlat = growth <= MARGIN;
console.log(`${isFlat ? 'ok' : 'fail'}: second half ${growth.toFixed(1)} MiB above the first, allowed are ${MARGIN}`);
if (!isFlat) process.exitCode = 1;

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

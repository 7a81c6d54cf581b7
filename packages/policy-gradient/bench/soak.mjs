import { makeVectorEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';

/**
 * A million updates of a tiny PPO, one every four environment steps: prints the process's memory every 100,000 updates and fails if
 * it grows after warming up. Needs a build. `pnpm --filter @gradus/policy-gradient soak`, which has V8 collect its garbage before
 * each report, for otherwise one sees little else.
 */

const UPDATES = Number(process.argv[2] ?? 1_000_000);
const REPORTS = 10;
/** Reports before the one that the others are measured against: compiled code and the heap find their sizes meanwhile. */
const WARM_UP = 2;
/** In MiB. A leak of 8 bytes an update would exceed it. */
const MARGIN = 6;
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
const growth = Math.max(...memory.slice(WARM_UP)) - memory[WARM_UP - 1];
console.log(
  `${growth <= MARGIN ? 'ok' : 'fail'}: grew by ${growth.toFixed(1)} MiB after warming up, allowed are ${MARGIN}`,
);
if (growth > MARGIN) process.exitCode = 1;

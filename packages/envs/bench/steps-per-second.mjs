import { Random, createActions, writeRow } from '@gradus/core';
import { listEnvs, makeEnv, makeVectorEnv } from '@gradus/envs';

/**
 * Environment steps per second on one core, with random actions drawn beforehand; resets and observations included. The median of
 * several repetitions. Needs a build. `pnpm --filter @gradus/envs bench [id …]`
 */

const REPETITIONS = 7;
const SECONDS = 0.3;
const BATCHES = [8, 1024];

for (const id of process.argv.length > 2 ? process.argv.slice(2) : listEnvs()) {
  console.log(id.padEnd(26), '1'.padStart(5), format(median(() => measureSingle(id))));
  for (const n of BATCHES)
    console.log(id.padEnd(26), String(n).padStart(5), format(median(() => measureVector(id, n))));
}

function measureSingle(id) {
  const env = makeEnv(id);
  const random = new Random(1);
  const actions = Array.from({ length: 4096 }, () => env.actionSpace.sample(random));
  env.reset({ seed: 1 });
  let index = 0;
  return rate(() => {
    for (let k = 0; k < 1000; k++) {
      const { terminated, truncated } = env.step(actions[index++ & 4095]);
      if (terminated || truncated) env.reset();
    }
    return 1000;
  });
}

function measureVector(id, n) {
  const env = makeVectorEnv(id, n);
  const batches = Array.from({ length: 64 }, (_, seed) => randomActions(env, seed));
  env.reset({ seed: 1 });
  let index = 0;
  return rate(() => {
    for (let k = 0; k < 16; k++) env.step(batches[index++ & 63]);
    return 16 * n;
  });
}

function randomActions(env, seed) {
  const random = new Random(seed);
  const actions = createActions(env.actionSpace, env.numEnvs);
  for (let i = 0; i < env.numEnvs; i++) writeRow(env.actionSpace, env.actionSpace.sample(random), actions, i);
  return actions;
}

/** Steps per second of `run`, which returns the steps it made. */
function rate(run) {
  const start = performance.now();
  let steps = 0;
  let seconds;
  do {
    steps += run();
    seconds = (performance.now() - start) / 1000;
  } while (seconds < SECONDS);
  return steps / seconds;
}

function median(measure) {
  const rates = Array.from({ length: REPETITIONS }, measure).sort((a, b) => a - b);
  return rates[(REPETITIONS - 1) / 2];
}

function format(stepsPerSecond) {
  return `${(stepsPerSecond / 1e6).toFixed(2).padStart(8)} M steps/s`;
}

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random, createActions, writeRow } from '@gradus/core';
import { listEnvs, makeEnv, makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';

/**
 * Environment steps per second of processor time, which is per second on one core that has nothing else to do, with random actions
 * drawn beforehand; resets and observations included. The median of several repetitions, and how many times Gymnasium's rate
 * that is. Each environment has a process of its own, as in training: what V8 learns of one makes the next one slower. Needs a build.
 *
 *     pnpm --filter @gradus/envs bench [--json] [id …]
 */

const REPETITIONS = 5;
const SECONDS = 0.2;
const BATCHES = [1, 8, 1024];

/**
 * Gymnasium's steps per second for one environment without wrappers, stepped likewise on one core of a two-core virtual machine
 * (AMD EPYC, Zen 4): the largest rate of several runs of versions 0.29.1 and 1.2.3.
 */
const gymnasiumRates = {
  'CartPole-v1': { 1: 370e3, 1024: 12.7e6 },
  'Pendulum-v1': { 1: 96e3 },
  'Acrobot-v1': { 1: 33e3 },
  'MountainCar-v0': { 1: 146e3 },
  'MountainCarContinuous-v0': { 1: 599e3 },
  'LunarLander-v3': { 1: 31e3 },
  'BipedalWalker-v3': { 1: 4.6e3 },
};

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const ids = positionals.length > 0 ? positionals : listEnvs();
for (const id of ids) makeEnv(id); // throws for an unknown one, before anything is measured
const results = [];
for (const id of ids) {
  for (const result of ids.length === 1 ? measure(id) : measureElsewhere(id)) {
    results.push(result);
    if (!values.json) console.log(describe(result));
  }
}
if (values.json) console.log(JSON.stringify({ unit: 'steps/s', results }, null, 2));

function* measure(id) {
  for (const copies of BATCHES) {
    const stepsPerSecond = median(() => (copies === 1 ? measureSingle(id) : measureVector(id, copies)));
    const gymnasium = gymnasiumRates[id]?.[copies];
    const result = { id, copies, stepsPerSecond: Math.round(stepsPerSecond) };
    yield gymnasium ? { ...result, gymnasium, ratio: stepsPerSecond / gymnasium } : result;
  }
}

function measureElsewhere(id) {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), id, '--json'], { encoding: 'utf8' });
  return JSON.parse(output).results;
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
  const start = process.cpuUsage();
  let steps = 0;
  let seconds;
  do {
    steps += run();
    const { user, system } = process.cpuUsage(start);
    seconds = (user + system) / 1e6;
  } while (seconds < SECONDS);
  return steps / seconds;
}

function median(measure) {
  const rates = Array.from({ length: REPETITIONS }, measure).sort((a, b) => a - b);
  return rates[(REPETITIONS - 1) / 2];
}

function describe({ id, copies, stepsPerSecond, ratio }) {
  const line = `${id.padEnd(26)} ${String(copies).padStart(5)} ${(stepsPerSecond / 1e6).toFixed(2).padStart(8)} M steps/s`;
  return ratio === undefined ? line : `${line} ${ratio.toFixed(1).padStart(7)} × Gymnasium`;
}

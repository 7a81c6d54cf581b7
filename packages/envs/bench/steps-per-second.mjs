import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { Random, createActions, writeRow } from '@gradus/core';
import { vectorizeInThreads } from '@gradus/core/node';
import { listEnvs, makeEnv, makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { loadMujoco, mujocoIds } from '@gradus/envs/mujoco';

/**
 * Environment steps per second of processor time, which is per second on one core that has nothing else to do, with random actions
 * drawn beforehand; resets and observations included. The median of several repetitions, and how many times Gymnasium's rate
 * that is. Each environment has a process of its own, as in training: what V8 learns of one makes the next one slower.
 *
 * With `--threads`, steps per second of the clock of 16 copies in so many threads and in one, taking turns: the medians, and how many
 * times the one is the other. Needs a build, and for these a machine that has nothing else to do.
 *
 *     pnpm --filter @gradus/envs bench [--threads 2] [--json] [id …]
 */

const REPETITIONS = 5;
/** The first second is for V8; more of them where two threads learn the same code, each for itself, beside what compiles it. */
const [WARM_UP, WARM_UP_OF_THREADS, SECONDS] = [1, 5, 0.5];
const COPIES_IN_THREADS = 16;
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

if (isMainThread) await main();

async function main() {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, threads: { type: 'string' } },
    allowPositionals: true,
  });
  if (positionals.some((id) => mujocoIds.includes(id))) await loadMujoco();
  const ids = positionals.length > 0 ? positionals : listEnvs();
  for (const id of ids) makeEnv(id); // throws for an unknown one, before anything is measured
  const results = [];
  for (const id of ids) {
    const measured =
      values.threads !== undefined
        ? [await measureThreads(id, Number(values.threads))]
        : ids.length === 1
          ? measure(id)
          : measureElsewhere(id);
    for (const result of measured) {
      results.push(result);
      if (!values.json) console.log(describe(result));
    }
  }
  if (values.json) console.log(JSON.stringify({ unit: 'steps/s', results }, null, 2));
}

function* measure(id) {
  for (const copies of BATCHES) {
    // Of MuJoCo's memory so many do not fit.
    if (copies > 100 && mujocoIds.includes(id)) continue;
    const stepsPerSecond = median(copies === 1 ? singleRun(id) : vectorRun(makeVectorEnv(id, copies)), processorTime);
    const gymnasium = gymnasiumRates[id]?.[copies];
    const result = { id, copies, stepsPerSecond: Math.round(stepsPerSecond) };
    yield gymnasium ? { ...result, gymnasium, ratio: stepsPerSecond / gymnasium } : result;
  }
}

/** What threads import: the environment of that id. */
export async function envInThread(id) {
  if (mujocoIds.includes(id)) await loadMujoco();
  return makeEnv(id);
}

async function measureThreads(id, threads) {
  const source = { module: import.meta.url, name: 'envInThread', args: [id] };
  const envs = [];
  for (const count of [1, threads]) envs.push(await vectorizeInThreads(source, COPIES_IN_THREADS, { threads: count }));
  const runs = envs.map(vectorRun);
  for (const run of runs) rate(run, WARM_UP_OF_THREADS, clock);
  const rates = runs.map(() => []);
  for (let i = 0; i < REPETITIONS; i++) runs.forEach((run, k) => rates[k].push(rate(run, SECONDS, clock)));
  const [inOne, inMany] = rates.map(middle);
  for (const env of envs) env.close();
  return { id, copies: COPIES_IN_THREADS, threads, stepsPerSecond: Math.round(inMany), inOneThread: Math.round(inOne) };
}

function measureElsewhere(id) {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), id, '--json'], { encoding: 'utf8' });
  return JSON.parse(output).results;
}

/** Makes a thousand steps of one environment; returns their number. */
function singleRun(id) {
  const env = makeEnv(id);
  const random = new Random(1);
  const actions = Array.from({ length: 4096 }, () => env.actionSpace.sample(random));
  env.reset({ seed: 1 });
  let index = 0;
  return () => {
    for (let k = 0; k < 1000; k++) {
      const { terminated, truncated } = env.step(actions[index++ & 4095]);
      if (terminated || truncated) env.reset();
    }
    return 1000;
  };
}

/** Makes sixteen steps of each copy. */
function vectorRun(env) {
  const batches = Array.from({ length: 64 }, (_, seed) => randomActions(env, seed));
  env.reset({ seed: 1 });
  let index = 0;
  return () => {
    for (let k = 0; k < 16; k++) env.step(batches[index++ & 63]);
    return 16 * env.numEnvs;
  };
}

function randomActions(env, seed) {
  const random = new Random(seed);
  const actions = createActions(env.actionSpace, env.numEnvs);
  for (let i = 0; i < env.numEnvs; i++) writeRow(env.actionSpace, env.actionSpace.sample(random), actions, i);
  return actions;
}

/** Seconds of the process on all cores. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function clock() {
  return performance.now() / 1e3;
}

/** Steps per second of `run`, which returns the steps it made. */
function rate(run, seconds, now) {
  const start = now();
  let steps = 0;
  do steps += run();
  while (now() - start < seconds);
  return steps / (now() - start);
}

function median(run, now) {
  rate(run, WARM_UP, now);
  return middle(Array.from({ length: REPETITIONS }, () => rate(run, SECONDS, now)));
}

function middle(rates) {
  return rates.sort((a, b) => a - b)[(REPETITIONS - 1) / 2];
}

function describe({ id, copies, threads, stepsPerSecond, ratio, inOneThread }) {
  const line = `${id.padEnd(26)} ${String(copies).padStart(5)} ${String(stepsPerSecond).padStart(10)} steps/s`;
  if (threads !== undefined) return `${line} in ${threads} threads, ${(stepsPerSecond / inOneThread).toFixed(2)} × one`;
  return ratio === undefined ? line : `${line} ${ratio.toFixed(1).padStart(7)} × Gymnasium`;
}

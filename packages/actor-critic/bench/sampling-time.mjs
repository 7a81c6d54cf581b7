import { parseArgs } from 'node:util';
import { Ddpg } from '@gradus/actor-critic';
import { makeEnv } from '@gradus/envs';

/**
 * Processor time for each environment step of DDPG in Pendulum-v1 with the replay study's settings (S6.4), by how transitions are drawn from a buffer of
 * 10⁶: the ways take turns, so that what else the machine does is the same for all, and each is compared with uniform sampling in the same round.
 * Medians over the rounds. Needs a build.
 *
 *     pnpm --filter @gradus/actor-critic bench:sampling [--json] [--rounds n] [--batch n]
 */

const WAYS = {
  uniform: { kind: 'uniform' },
  stratified: { kind: 'stratified', lambda: -0.5 },
  softmax: { kind: 'softmax', beta: 1 },
  prioritized: { kind: 'prioritized' },
};
/** Environment steps of a turn, each with an update, and those before the first one. */
const STEPS = 500;
const FILLED = 20_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '21' },
    batch: { type: 'string', default: '64' },
  },
});

const turns = Object.entries(WAYS).map(([name, sampling]) => {
  const options = { sampling, batchSize: Number(values.batch), learningStarts: FILLED, seed: 1 };
  const learning = new Ddpg(makeEnv('Pendulum-v1'), options).learn({ steps: 10 ** 9 });
  for (let step = 0; step <= FILLED; step++) learning.next();
  return { name, learning, seconds: [] };
});
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { learning, seconds } of turns) {
    const start = process.cpuUsage();
    for (let step = 0; step < STEPS; step++) learning.next();
    const { user, system } = process.cpuUsage(start);
    seconds.push((user + system) / 1e6 / STEPS);
  }
}
const uniform = turns[0].seconds;
const results = turns.map(({ name, seconds }) => ({
  sampling: name,
  microseconds: 1e6 * median(seconds),
  ratio: median(seconds.map((value, round) => value / uniform[round])),
}));
if (values.json) console.log(JSON.stringify({ unit: 'µs of processor time for each step', results }, null, 2));
else {
  for (const { sampling, microseconds, ratio } of results)
    console.log(`${sampling}: ${microseconds.toFixed(0)} µs, ${ratio.toFixed(3)} × uniform`);
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

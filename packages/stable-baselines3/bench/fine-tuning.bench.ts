/**
 * Whether an imported agent goes on learning: its returns before, and after 100,000 steps more, in three trainings, with intervals of the interquartile mean. From
 * the repository's root:
 *
 *     node --conditions=@gradus/source --import ./tooling/scripts/run-typescript.mjs packages/stable-baselines3/bench/fine-tuning.bench.ts AGENTS/a2c-Acrobot-v1
 *
 * AGENTS is as in zoo.py. `--steps`, `--seeds` and `--episodes` are those of a training, the trainings and the episodes of an evaluation.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrapInterval, evaluate, interquartileMean } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { importAgent } from '@gradus/stable-baselines3';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '100000' },
    seeds: { type: 'string', default: '3' },
    episodes: { type: 'string', default: '100' },
  },
});
const [steps, seeds, episodes] = [values.steps, values.seeds, values.episodes].map(Number);

for (const folder of positionals) {
  const environment = basename(folder).replace(/^[^-]+-/, '');
  const archive = new Uint8Array(readFileSync(`${folder}/${environment}.zip`));
  const statistics = `${folder}/vecnormalize.pkl`;
  const given = existsSync(statistics) ? { vecNormalize: new Uint8Array(readFileSync(statistics)) } : {};
  const { numEnvs, leftOut } = await importAgent(archive, given);
  console.log(`${basename(folder)}, in ${numEnvs} copies; left out: ${leftOut.join('; ') || 'nothing'}`);
  const trainings = Array.from({ length: seeds }, (_, i) => i + 1);
  const scores: Record<'start' | 'end', number[][]> = { start: [], end: [] };
  for (const seed of trainings) {
    const env = makeVectorEnv(environment, numEnvs);
    const { agent } = await importAgent(archive, { ...given, env, options: { seed } });
    const score = (): number[] => [...evaluate(agent, makeEnv(environment), { episodes, seed }).returns];
    scores.start.push(score());
    const progress = agent.learn({ moreSteps: steps });
    while (progress.next().done !== true);
    scores.end.push(score());
    const means = [scores.start, scores.end].map((all) => mean(all[all.length - 1]).toFixed(1));
    console.log(`  seed ${seed}: ${means[0]} at ${agent.step - steps} steps, ${means[1]} at ${agent.step}`);
  }
  for (const [when, returns] of Object.entries(scores)) {
    // Each training is a run, whose score is its mean return.
    const runs = { [environment]: returns.map(mean) };
    const { low, high } = bootstrapInterval(runs, interquartileMean);
    const all = returns.flat().sort((a, b) => a - b);
    console.log(
      `  ${when}: IQM of ${seeds} runs ${interquartileMean(runs).toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}], median of all episodes ${all[Math.floor(all.length / 2)].toFixed(1)}`,
    );
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

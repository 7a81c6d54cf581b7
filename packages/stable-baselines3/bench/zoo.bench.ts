/**
 * Agents of RL Baselines3 Zoo here: how far their actions are from PyTorch's, which zoo.py has written to OUT.json, and their returns over 100 episodes.
 * From the repository's root:
 *
 *     python3 packages/stable-baselines3/bench/zoo.py AGENTS OUT.json
 *     node --conditions=@gradus/source --import ./tooling/scripts/run-typescript.mjs packages/stable-baselines3/bench/zoo.bench.ts AGENTS OUT.json
 */
import { existsSync, readFileSync } from 'node:fs';
import { evaluate } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { importAgent } from '@gradus/stable-baselines3';

interface Reference {
  readonly observations: readonly number[];
  readonly actions: readonly number[];
  readonly kind: 'choice' | 'real';
}

const [folder, file] = process.argv.slice(2);
const references = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Reference>;

for (const [name, { observations, actions, kind }] of Object.entries(references)) {
  const environment = name.slice(name.indexOf('-') + 1);
  const statistics = `${folder}/${name}/vecnormalize.pkl`;
  const { agent } = await importAgent(new Uint8Array(readFileSync(`${folder}/${name}/${environment}.zip`)), {
    ...(existsSync(statistics) && { vecNormalize: new Uint8Array(readFileSync(statistics)) }),
  });
  const ours = kind === 'choice' ? new Int32Array(actions.length) : new Float32Array(actions.length);
  agent.actBatch?.(Float32Array.from(observations), ours);
  const distance = actions.reduce((most, action, i) => Math.max(most, Math.abs(action - ours[i])), 0);
  const { returns, meanReturn, stdReturn } = evaluate(agent, makeEnv(environment), { episodes: 100, seed: 1 });
  const median = [...returns].sort((a, b) => a - b)[50];
  const shown = [meanReturn, stdReturn, median].map((value) => value.toFixed(1));
  console.log(
    `${name}: actions differ by ${distance.toExponential(1)} at most; return ${shown[0]} ± ${shown[1]}, median ${shown[2]}`,
  );
}

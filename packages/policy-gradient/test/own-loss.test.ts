import { evaluate, loadAgent } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  // Beside the tests, from where the packages are found that the copy imports.
  folder = await mkdtemp(join(import.meta.dirname, 'own-loss-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The lines that CONTRIBUTING changes, old and new ones. */
async function recipe(): Promise<[before: string, after: string][]> {
  const text = await readFile(join(import.meta.dirname, '../../../CONTRIBUTING.md'), 'utf8');
  const [, lines] = /```diff\n(.*?)```/s.exec(text) ?? [];
  const changed = (sign: string): string[] =>
    lines
      .split('\n')
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1));
  const after = changed('+');
  return changed('-').map((before, i) => [before, after[i]]);
}

test('a copy of ppo.ts with three lines changed trains, is saved and loaded', async () => {
  const source = join(import.meta.dirname, '../src');
  let copy = (await readFile(join(source, 'ppo.ts'), 'utf8')).replaceAll("from './", "from '../../src/");
  const lines = await recipe();
  expect(lines).toHaveLength(3);
  for (const [before, after] of lines) {
    expect(copy.split(before)).toHaveLength(2);
    copy = copy.replace(before, () => after);
  }
  const path = join(folder, 'spo.ts');
  await writeFile(path, copy);
  const { Ppo: Spo } = (await import(path)) as { Ppo: typeof Ppo };

  const options = { steps: 32, batchSize: 64, epochs: 4, learningRate: 1e-2, hidden: [16], gamma: 0.5, seed: 1 };
  const [spo, ppo] = [Spo, Ppo].map((Algorithm) => new Algorithm(makeVectorEnv('IdentityDiscrete-v0', 4), options));
  for (const agent of [spo, ppo]) Array.from(agent.learn({ steps: 2560 }));
  const env = makeEnv('IdentityDiscrete-v0');
  const score = (agent: Pick<Ppo, 'act'>): number => evaluate(agent, env, { episodes: 3, seed: 1 }).meanReturn;
  expect(score(spo)).toBe(score(ppo));
  expect(score(spo)).toBeGreaterThan(90);
  // It is another algorithm.
  const checkpoint = spo.checkpoint();
  expect(checkpoint.files).not.toEqual(ppo.checkpoint().files);
  const loaded = loadAgent(checkpoint, [Ppo, Spo]);
  expect(loaded.algorithm).toBe('spo');
  expect(score(loaded)).toBe(score(spo));
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultDevice, program } from '@gradus/tensor';
import { Random } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import { createGpt } from '../../src/micro/gpt.ts';
import type { MicroUpdate } from '../../src/micro/micro-case.ts';
import { microCases } from '../../src/micro/micro-cases.ts';

function create(name: string): MicroUpdate {
  const found = microCases.find((micro) => micro.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.create(defaultDevice());
}

/** Copies of the outputs of `n` runs. */
async function runs(update: MicroUpdate, n: number): Promise<Record<string, number>[]> {
  const all: Record<string, number>[] = [];
  for (let i = 0; i < n; i++) {
    const outputs = await update.run();
    all.push(Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0]])));
  }
  return all;
}

describe('cases', () => {
  it('are the same as in Python', () => {
    const script = readFileSync(join(import.meta.dirname, '../../python/torch_micro.py'), 'utf8');
    const cases = script.slice(script.indexOf('CASES = {'));
    expect([...cases.matchAll(/^ {4}"(.+)":/gm)].map(([, name]) => name)).toEqual(microCases.map(({ name }) => name));
  });

  // The data is fixed, so that learning from it over and over must bring the loss down.
  it.each([
    { name: 'ppo_mb128_4-64-64', loss: 'loss', n: 100 },
    { name: 'ppo_mb1024_4-64-64', loss: 'loss', n: 100 },
    { name: 'reinforce_b1024_4-64-64', loss: 'loss', n: 100 },
    { name: 'dqn_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'double_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'dueling_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'noisy_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'c51_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'qrdqn_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'rainbow_b128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'minatar_dqn_b32', loss: 'metrics', n: 50 },
    { name: 'minatar_rainbow_b32', loss: 'metrics', n: 50 },
    { name: 'pqn_mb128_4-120-84-2', loss: 'metrics', n: 200 },
    { name: 'ddpg_b256_256-256', loss: 'criticLoss', n: 30 },
    { name: 'sac_b256_256-256', loss: 'criticLoss', n: 30 },
    { name: 'td3_b256_256-256', loss: 'metrics', n: 30 },
    { name: 'crossq_b256_256-256', loss: 'metrics', n: 30 },
    { name: 'tqc_b256_256-256', loss: 'metrics', n: 30 },
    { name: 'd4pg_b256_256-256', loss: 'metrics', n: 100 },
    { name: 'cem_p200_4-2', loss: 'loss', n: 20 },
    { name: 'cem_p100_4-64-64-2', loss: 'loss', n: 20 },
    { name: 'gpt_l4_d128_t128_b16_v512', loss: 'loss', n: 4 },
    { name: 'rlhf_sft_b64', loss: 'loss', n: 50 },
    { name: 'rlhf_reward_b64', loss: 'loss', n: 50 },
    { name: 'rlhf_dpo_b64', loss: 'loss', n: 50 },
  ])('$name learns', async ({ name, loss, n }) => {
    const update = create(name);
    const losses = (await runs(update, n)).map((outputs) => outputs[loss]);
    update.dispose();
    expect(losses.every((value) => Number.isFinite(value))).toBe(true);
    expect(losses[n - 1]).toBeLessThan(losses[0] - 0.02 * Math.abs(losses[0]));
  });

  it('what prioritized replay draws was changed before', async () => {
    const update = create('prioritized_replay_1e6_b128');
    const weights: number[] = [];
    for (let i = 0; i < 200; i++) weights.push(Math.min(...(await update.run()).weights));
    update.dispose();
    // At first all priorities are equal.
    expect(weights[0]).toBe(1);
    expect(Math.min(...weights)).toBeLessThan(1);
  });

  it.each(['dqn_cartpole_1e6', 'ddpg_pendulum', 'td3_pendulum', 'sac_pendulum'])(
    '%s learns at every step',
    async (name) => {
      const update = create(name);
      const losses = (await runs(update, 5)).map(({ metrics }) => metrics);
      update.dispose();
      expect(losses.every((value) => value > 0)).toBe(true);
      expect(new Set(losses).size).toBe(5);
    },
  );

  it('ddpg moves its actor uphill of the critic', async () => {
    const update = create('ddpg_b256_256-256');
    const losses = (await runs(update, 30)).map(({ actorLoss }) => actorLoss);
    update.dispose();
    expect(losses[29]).toBeLessThan(losses[0]);
  });

  it('sac draws new noise in every run, the same from the same start', async () => {
    const [first, second] = await Promise.all(
      [0, 1].map(async () => {
        const update = create('sac_b256_256-256');
        const losses = await runs(update, 3);
        update.dispose();
        return losses;
      }),
    );
    expect(second).toEqual(first);
    // With the same noise the temperature's loss could change by the learning rate only.
    expect(Math.abs(first[1].alphaLoss - first[0].alphaLoss)).toBeGreaterThan(0.005);
  });
});

describe('gpt', () => {
  it('starts from the loss of its initial logits', async () => {
    // Normalized inputs and weights uniform in ±1/√d give logits of variance 1/3 around a zero that the target shares:
    // E[log Σ exp] ≈ log 512 + (1/3) / 2.
    const update = create('gpt_l4_d128_t128_b16_v512');
    const [{ loss }] = await runs(update, 1);
    update.dispose();
    expect(Math.abs(loss - (Math.log(512) + 1 / 6))).toBeLessThan(0.05);
  });

  it('sees no later token', () => {
    const gpt = createGpt(new Random(1));
    const forward = program({ tokens: { shape: [16, 128], dtype: 'int32' } }, ({ tokens }) => ({
      logits: gpt.logits(tokens),
    }));
    forward.inputs.tokens.fill(7);
    const before = forward.run().logits.slice();
    // In the first sequence, token 100.
    forward.inputs.tokens[100] = 8;
    const after = forward.run().logits;
    const changed = Array.from({ length: 16 * 128 }, (_, position) => position).filter((position) => {
      const row = (of: typeof after): string => of.subarray(position * 512, (position + 1) * 512).join();
      return row(after) !== row(before);
    });
    forward.dispose();
    expect(changed).toEqual(Array.from({ length: 28 }, (_, i) => 100 + i));
  });
});

describe('steps of language models', () => {
  it('sft starts from the entropy of its vocabulary', async () => {
    // Weights are of deviation 0.02 and normalized states of length √48: logits of variance 48 · 0.02² ≈ 0.02 give E[log Σ exp] ≈ log 34 + 0.01.
    const update = create('rlhf_sft_b64');
    const [{ loss }] = await runs(update, 1);
    update.dispose();
    expect(Math.abs(loss - (Math.log(34) + 0.01))).toBeLessThan(0.03);
  });

  it('generates 96 texts of at most 12 tokens', async () => {
    const update = create('rlhf_generate_b96');
    const { tokens, logProbabilities } = await update.run();
    update.dispose();
    expect([tokens.length, logProbabilities.length]).toEqual([96 * 12, 96 * 12]);
    // A token that was drawn has some log-probability near −log 34; there is none behind an end.
    expect([...tokens].every((token, i) => (token === -1) === (logProbabilities[i] === 0))).toBe(true);
    expect([...tokens].every((token, i) => token === -1 || Math.abs(logProbabilities[i] + Math.log(34)) < 1)).toBe(
      true,
    );
  });

  it.each(['rlhf_rloo_k2_b96', 'rlhf_ppo_b96'])('%s learns from new completions in every round', async (name) => {
    const update = create(name);
    const losses = (await runs(update, 3)).map(({ loss }) => loss);
    update.dispose();
    expect(losses.every((loss) => Number.isFinite(loss))).toBe(true);
    expect(new Set(losses).size).toBe(3);
  });
});

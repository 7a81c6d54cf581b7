import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replayStudy } from '../../src/experiments/replay-study.ts';
import { identifyRun } from '../../src/runs/planned-run.ts';
import { findSuite } from '../../src/suites/suite.ts';
import { syntheticRecords, writeResults } from '../synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const suite = findSuite('replay-study');
const labelsIn = (id: string): string[] =>
  suite.entries.filter(({ environment }) => environment === id).map(({ label = '' }) => label);

/** How much better a configuration is than others, and how much longer it takes. */
type Effects = (label: string) => { readonly score?: number; readonly time?: number };

/**
 * Runs that all get −200 but for what `effects` add: learning curves are flat, and seeds differ by 10 in all configurations alike. `seeds` of each run of
 * BipedalWalker.
 */
function results(effects: Effects, seeds: Readonly<Record<string, number>> = { 'Pendulum-v1': 3 }): string {
  const folder = join(temporaryFolder(), 'results');
  const records = Object.entries(seeds).flatMap(([environment, count]) =>
    labelsIn(environment).flatMap((label) => {
      const { score = 0, time = 1 } = effects(label);
      const scores = Array.from({ length: count }, (_, seed) => -200 + 10 * seed + score);
      return syntheticRecords([{ label, algorithm: 'ddpg', environment, scores, start: scores[0] }]).map((record) => {
        const curve = record.curve.map((point) => ({ ...point, mean_return: record.mean_return }));
        const best = { ...record.best, step: curve[0].step };
        const seconds = 10 * time * (1 + record.run.seed);
        const timing = { seconds, steps_per_second: Math.round(record.steps / seconds) };
        return { ...record, run: identifyRun({ ...record.run }), curve, best, timing };
      });
    }),
  );
  writeResults(folder, records);
  return folder;
}

async function numbersOf(folder: string, seeds = 3) {
  return await replayStudy.run({ seeds, results: folder, takes: '', command: ['gradus'] });
}

const verdictOf = async (...given: Parameters<typeof results>) =>
  replayStudy.verdict(await numbersOf(results(...given)));

describe('the suite', () => {
  it("has the seminar's twelve configurations, thirty runs of each, and more beside them", () => {
    const samplers = ['uniform', 'low-50-50', 'low-30-70', 'high-50-50', 'high-30-70', 'softmax'];
    const twelve = samplers.flatMap((sampler) => [`${sampler}-10k`, `${sampler}-1m`]);
    expect(labelsIn('Pendulum-v1').slice(0, 13)).toEqual([...twelve, 'uniform-shrinking']);
    expect(labelsIn('Pendulum-v1')).toHaveLength(21);
    expect(labelsIn('BipedalWalker-v3')).toEqual([...twelve, 'uniform-shrinking']);
    expect(suite.seeds).toBe(30);
  });

  it('trains DDPG for 200 episodes of 200 steps with the options that the labels say', () => {
    const samplings: Readonly<Record<string, unknown>> = {
      uniform: undefined,
      softmax: { kind: 'softmax', beta: 1 },
      prioritized: { kind: 'prioritized' },
      'low-50-50': { kind: 'stratified', lambda: -0.5, goodShare: 0.5 },
      'low-30-70': { kind: 'stratified', lambda: -0.5, goodShare: 0.3 },
      'high-50-50': { kind: 'stratified', lambda: 0.5, goodShare: 0.5 },
      'high-30-70': { kind: 'stratified', lambda: 0.5, goodShare: 0.3 },
    };
    for (const { algorithm, label = '', settings, steps, options, environment } of suite.entries) {
      const all = environment === 'Pendulum-v1' ? 200 * 200 : 300_000;
      const [, sampler, size, longer] = /^(.*)-(10k|1m|shrinking)(-3-step)?$/.exec(label) ?? [];
      expect([algorithm, settings, steps]).toEqual(['ddpg', 'default', all]);
      expect(options).toEqual({
        batchSize: 64,
        bufferSize: size === '10k' ? 10_000 : 1_000_000,
        ...(size === 'shrinking' && { newest: { kind: 'linear', from: all, to: 10_000, until: 1 } }),
        ...(longer !== undefined && { nSteps: 3 }),
        ...(sampler !== 'uniform' && { sampling: samplings[sampler] }),
      });
    }
  });
});

describe('replay-study', () => {
  it('reproduces what is there, by differences on the same seed', async () => {
    const claims = await verdictOf((label) => {
      const size = label.includes('-1m') ? (label.endsWith('3-step') ? 9 : 4) : 0;
      return { score: size + (label.startsWith('low') ? 2 : 0), time: label.startsWith('softmax') ? 1.2 : 1 };
    });
    expect(claims.map(({ holds }) => holds)).toEqual([true, true, true, true, true]);
    expect(claims.map(({ found }) => found)).toEqual([
      'reproduced: +4.000 [4.000, 4.000] over training, +4.000 [4.000, 4.000] at the end',
      'reproduced: +2.000 [2.000, 2.000] over training, +2.000 [2.000, 2.000] at the end',
      'reproduced: +2.000 [2.000, 2.000] over training, +2.000 [2.000, 2.000] at the end',
      '1.20 × [1.20, 1.20]',
      'reproduced: +5.000 [5.000, 5.000] over training, +5.000 [5.000, 5.000] at the end',
    ]);
  });

  it('refutes what is the other way round, and says where there is no difference', async () => {
    const claims = await verdictOf((label) => ({
      score: (label.includes('-10k') ? 3 : 0) + (label.startsWith('high') ? 1 : 0),
      time: label.startsWith('softmax') ? 2 : 1,
    }));
    expect(claims.map(({ holds }) => holds)).toEqual([false, false, false, false, false]);
    expect(claims.map(({ found }) => found.split(':')[0])).toEqual([
      'refuted',
      'refuted',
      'neither reproduced nor refuted',
      '2.00 × [2.00, 2.00]',
      'neither reproduced nor refuted',
    ]);
  });

  it('shows BipedalWalker where two seeds of all configurations are there, and counts its local optima', async () => {
    const seeds = { 'Pendulum-v1': 3, 'BipedalWalker-v3': 2 };
    const folder = results((label) => ({ score: label === 'softmax-1m' ? 500 : 0 }), seeds);
    const numbers = await numbersOf(folder);
    expect(numbers.tasks.map((task) => [task.environment, task.seeds, task.variants.length])).toEqual([
      ['Pendulum-v1', 3, 21],
      ['BipedalWalker-v3', 2, 13],
    ]);
    const optima = replayStudy.verdict(numbers).find(({ claim }) => claim.includes('local optima'));
    // All but one of 13 configurations on both seeds.
    expect(optima).toMatchObject({
      holds: true,
      found: '92\u00a0% [92\u00a0%, 92\u00a0%], while the best run got 310.0',
    });
    expect(replayStudy.figures(numbers).map(({ name }) => name)).toEqual(
      ['Pendulum-v1', 'BipedalWalker-v3'].flatMap((id) => [`${id}-10k`, `${id}-1m`, `${id}-scores`]),
    );
    expect(replayStudy.table(numbers).rows).toHaveLength(34);
    expect((await numbersOf(results(() => ({}), { 'Pendulum-v1': 3, 'BipedalWalker-v3': 1 }))).tasks).toHaveLength(1);
  });
});

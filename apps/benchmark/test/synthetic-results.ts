import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { algorithms } from '../src/catalog/algorithms.ts';
import { identifyRun, runId, type PlannedRun } from '../src/runs/planned-run.ts';
import { recordLine } from '../src/results/record-lines.ts';
import { descriptionText, type Results, type ResultsDescription } from '../src/results/results-folder.ts';
import type { RunRecord } from '../src/runs/run-record.ts';

/** What made-up runs of one algorithm in one environment look like. */
export interface SyntheticGroup {
  readonly label: string;
  readonly environment: string;
  /** Final scores of the runs with the seeds 0, 1, …. */
  readonly scores: readonly number[];
  /** By default what stands before the `-` of the label. */
  readonly algorithm?: string;
  /** Where learning curves start. By default 1.5 × the highest magnitude below the first score. */
  readonly start?: number;
  readonly steps?: number;
  readonly options?: PlannedRun['options'];
}

/** Made-up runs that end with given scores, and learning curves that rise towards them; the same for the same groups. */
export function syntheticRecords(groups: readonly SyntheticGroup[]): RunRecord[] {
  const random = new Random(0);
  return groups.flatMap((group) => {
    const { label, environment, scores, steps = 100_000, options = {} } = group;
    const algorithm = group.algorithm ?? label.split('-')[0];
    const { start = scores[0] - 1.5 * Math.abs(scores[0]) } = group;
    return scores.map((score, seed): RunRecord => {
      const evaluations = 20;
      const halfway = 0.2 + random.uniform(0, 0.15);
      const curve = Array.from({ length: evaluations }, (_, i) => {
        const learned = 1 / (1 + Math.exp(-12 * ((i + 1) / evaluations - halfway)));
        const noise = 0.06 * random.uniform(-0.5, 0.5) * (score - start);
        const mean_return = start + learned * (score - start) + (i + 1 < evaluations ? noise : 0);
        return { step: Math.round(((i + 1) / evaluations) * steps), mean_return, std_return: 0.1 * Math.abs(score) };
      });
      const highest = curve.reduce((high, point) => (point.mean_return > high.mean_return ? point : high));
      const seconds = 2 + seed / 10;
      return {
        run: planned({
          algorithm,
          label,
          environment,
          numEnvs: 8,
          options,
          steps,
          seed,
          device: 'native',
          evaluations,
          evaluationEpisodes: 20,
          episodes: 2,
        }),
        steps,
        returns: [score - 1, score + 1],
        mean_return: score,
        std_return: 1,
        best: { step: highest.step, mean_return: score, std_return: 0.5 },
        curve,
        timing: { seconds, steps_per_second: Math.round(steps / seconds) },
        origin: {
          started: `2026-03-01T10:0${seed % 10}:00.000Z`,
          finished: `2026-03-01T10:0${seed % 10}:02.500Z`,
          resumed_at: seed === 1 ? [40_000] : [],
          gradus: '0.0.0',
          node: '20.19.0',
          platform: 'linux x64',
          cpu: 'AMD EPYC 7B13',
        },
      };
    });
  });
}

/** A run with its id, also of an algorithm that does not exist. */
function planned(run: Omit<PlannedRun, 'id' | 'defaults'>): PlannedRun {
  if (Object.hasOwn(algorithms, run.algorithm)) return identifyRun(run);
  const madeUp = { ...run, defaults: 'none' };
  return { id: runId(madeUp), ...madeUp };
}

/** Records as the results of a suite that asked for exactly them. */
export function resultsOf(records: readonly RunRecord[], name = 'synthetic'): Results {
  const description: ResultsDescription = {
    name,
    description: 'Made-up results.',
    command: `gradus bench ${name}`,
    versions: { gradus: '0.0.0', node: '20.19.0' },
    runs: records.map(({ run }) => run),
  };
  return { folder: `runs/${name}`, description, records, failures: [] };
}

/** Writes records as the results folder of a suite that asked for exactly them. */
export function writeResults(folder: string, records: readonly RunRecord[], name?: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'suite.json'), descriptionText(resultsOf(records, name).description));
  writeFileSync(join(folder, 'results.jsonl'), records.map(recordLine).join(''));
}

/** Scores around a mean, the same for the same arguments. */
function scoresAround(mean: number, spread: number, runs: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: runs }, () => mean + random.uniform(-spread, spread));
}

/** PPO and DQN in the classic environments, five seeds each, as a suite may have left them. */
export function classicResults(): RunRecord[] {
  const ppo = { learningRate: { initial: 0.001, final: 0 }, gamma: 0.98, hidden: [64, 64] };
  const dqn = { learningRate: 0.0023, bufferSize: 100_000, hidden: [256, 256] };
  return syntheticRecords([
    { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [500, 500, 500, 500, 500], start: 20, options: ppo },
    {
      label: 'dqn-zoo',
      environment: 'CartPole-v1',
      scores: scoresAround(440, 60, 5, 1),
      start: 10,
      steps: 50_000,
      options: dqn,
    },
    { label: 'ppo-zoo', environment: 'Acrobot-v1', scores: scoresAround(-75, 4, 5, 2), start: -500, steps: 1_000_000 },
    { label: 'dqn-zoo', environment: 'Acrobot-v1', scores: scoresAround(-82, 9, 5, 3), start: -500, options: dqn },
    {
      label: 'ppo-zoo',
      environment: 'MountainCar-v0',
      scores: scoresAround(-112, 8, 5, 4),
      start: -200,
      steps: 1_000_000,
    },
    {
      label: 'dqn-zoo',
      environment: 'MountainCar-v0',
      scores: scoresAround(-104, 5, 5, 5),
      start: -200,
      steps: 120_000,
    },
    { label: 'ppo-zoo', environment: 'Pendulum-v1', scores: scoresAround(-170, 15, 5, 6), start: -1300 },
  ]);
}

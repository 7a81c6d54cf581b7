import { defaultDevice } from '@gradus/tensor';
import { identifyRun, type PlannedRun } from '../src/runs/planned-run.ts';
import type { RunRecord } from '../src/runs/run-record.ts';

/** A run of about a second: PPO in CartPole-v1, on the WebAssembly device that is there everywhere. */
export function shortRun(changes: Partial<PlannedRun> = {}): PlannedRun {
  const run = {
    algorithm: 'ppo',
    label: 'ppo',
    environment: 'CartPole-v1',
    numEnvs: 4,
    options: { steps: 64, batchSize: 64, epochs: 4 },
    steps: 2000,
    seed: 0,
    device: 'wasm' as const,
    evaluations: 4,
    evaluationEpisodes: 5,
    episodes: 10,
    ...changes,
  };
  return identifyRun(run);
}

/** The same with DQN, which learns from the start. */
export function shortDqnRun(changes: Partial<PlannedRun> = {}): PlannedRun {
  const options = { learningStarts: 100, bufferSize: 500, trainFrequency: 10, targetUpdateInterval: 50, hidden: [16] };
  return shortRun({ algorithm: 'dqn', label: 'dqn', numEnvs: 1, options, ...changes });
}

/** A made-up record, with the seed as its score. */
export function recordOf(seed: number): RunRecord {
  const score = { mean_return: seed, std_return: 0 };
  return {
    run: shortRun({ seed, episodes: 1 }),
    steps: 2048,
    returns: [seed],
    ...score,
    best: { step: 2048, ...score },
    curve: [{ step: 2048, ...score }],
    timing: { seconds: 1, steps_per_second: 2048 },
    origin: {
      started: '2025-01-01T00:00:00.000Z',
      finished: '2025-01-01T00:00:01.000Z',
      resumed_at: [],
      gradus: '0.0.0',
      node: 'v20.19.0',
      platform: 'linux-x64',
      cpu: 'unknown',
    },
  };
}

/** What of a record follows from its run alone. */
export function resultOf(record: RunRecord): Omit<RunRecord, 'timing' | 'origin'> {
  const { run, steps, returns, mean_return, std_return, best, curve } = record;
  return { run, steps, returns, mean_return, std_return, best, curve };
}

/** The devices that are here: everywhere WebAssembly, and native where a C compiler was. */
export function devicesHere(): ('wasm' | 'native')[] {
  return defaultDevice().name === 'native' ? ['wasm', 'native'] : ['wasm'];
}

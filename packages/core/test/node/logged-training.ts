import type { Agent, LearnOptions } from '../../src/training/agent.ts';
import type { Metrics } from '../../src/training/progress.ts';
import { train, type Callback, type TrainingSummary } from '../../src/training/train.ts';
import { fakeAgent, fakeProgress } from '../fake-agent.ts';

/** Metrics by step: those of an agent that starts at `start` and takes ten steps an update up to `end`. */
export interface LoggedTraining {
  readonly start?: number;
  readonly end: number;
  readonly metrics: (step: number) => Metrics;
  /** Recorded by another callback, before the logger. */
  readonly recorded?: Readonly<Record<number, Metrics>>;
}

/** Runs a training with a logger. */
export function logTraining(logger: Callback, options: LoggedTraining): Promise<TrainingSummary> {
  const { start = 0, end, metrics, recorded = {} } = options;
  const agent: Agent & { step: number } = {
    ...fakeAgent(),
    step: start,
    *learn({ steps }: LearnOptions) {
      while (this.step < steps) {
        this.step += 10;
        yield { ...fakeProgress(this.step, steps), episodes: this.step / 5, metrics: metrics(this.step) };
      }
    },
  };
  const record: Callback = {
    onProgress: ({ step }, training) => {
      if (step in recorded) training.record(recorded[step]);
    },
  };
  return train(agent, { steps: end, callbacks: [record, logger] });
}

import type { Metrics, Progress } from '../training/progress.ts';
import type { TrainingEnv } from '../training/training-env.ts';

/** What of {@link everyStep} is the algorithm's own. */
export interface EveryStepMethod {
  /** Environment steps between two reports. */
  readonly interval: number;
  /** Takes a step of `training` and learns from it; `progress` is the part of training that is done. */
  step(progress: number): void;
  /** What is to be told of the steps since the last report. */
  report(): Metrics;
}

/** The loop of algorithms that learn from each step when it is made: until `totalSteps` are done; yields every `interval` of them, and at the end. */
export function* everyStep(
  training: TrainingEnv,
  totalSteps: number,
  method: EveryStepMethod,
): Generator<Progress, void, void> {
  const { env, recorder } = training;
  while (recorder.step < totalSteps) {
    method.step(recorder.step / totalSteps);
    recorder.record(env);
    if (recorder.step % method.interval === 0 || recorder.step >= totalSteps) {
      yield recorder.progress(method.report());
    }
  }
}

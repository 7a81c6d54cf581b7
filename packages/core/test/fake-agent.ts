import type { Agent, LearnOptions } from '../src/training/agent.ts';
import type { Progress } from '../src/training/progress.ts';
import type { Training } from '../src/training/train.ts';

/** An agent that learns nothing, ten steps at a time; it fails at step `failAt`. */
export function fakeAgent(failAt?: number): Agent & { step: number } {
  return {
    algorithm: 'fake',
    step: 0,
    act: () => 0,
    *learn({ steps }: LearnOptions) {
      while (this.step < steps) {
        this.step += 10;
        if (this.step >= (failAt ?? Infinity)) throw new Error('the network exploded');
        yield fakeProgress(this.step, steps);
      }
    },
    checkpoint: () => ({ algorithm: 'fake', state: {}, files: {} }),
    dispose: () => undefined,
  };
}

export function fakeProgress(step: number, totalSteps: number, episodeReturn = 1.25): Progress {
  const metrics = { 'time/steps_per_second': 12_345.6 };
  return { step, totalSteps, episodes: 1, episodeReturn, episodeLength: 1, finishedEpisodes: [], metrics };
}

/** A training of `agent` in which callbacks can be called one by one. */
export function fakeTraining(agent: Agent, totalSteps = 10): Training {
  return {
    agent,
    totalSteps,
    recorded: {},
    record: () => undefined,
    checkpoint: () => agent.checkpoint(),
    stop: () => undefined,
  };
}

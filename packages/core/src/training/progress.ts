import { checkArguments, naturalNumber, positiveInteger } from '@gradus/tensor';
import { isStepped } from '../environments/check-rows.ts';
import { aList, anObject, numberList, objectOf } from '../options/argument-checks.ts';
import { readNumber, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/**
 * Named numbers of a training run, such as `rollout/episode_return`, `rollout/episode_length`, `train/policy_loss`,
 * `train/value_loss`, `train/entropy`, `train/approx_kl`, `time/steps_per_second`.
 */
export type Metrics = Readonly<Record<string, number>>;

/** An episode that training finished. */
export interface Episode {
  /** Environment steps done, over all copies, when it ended. */
  readonly step: number;
  /** Undiscounted sum of its rewards. */
  readonly return: number;
  /** Its number of steps. */
  readonly length: number;
}

/** What an agent's `learn` yields after each update: where training stands. */
export interface Progress {
  /** Environment steps done since the agent was made, over all copies. */
  readonly step: number;
  /** Environment steps at which training will stop. */
  readonly totalSteps: number;
  /** Episodes finished since the agent was made. */
  readonly episodes: number;
  /** Mean return of the last 100 finished episodes, NaN before the first. */
  readonly episodeReturn: number;
  /** Mean length of the last 100 finished episodes, NaN before the first. */
  readonly episodeLength: number;
  /** The episodes finished since the progress before this one. */
  readonly finishedEpisodes: readonly Episode[];
  /** The numbers above and the update's own, under their names for charts. */
  readonly metrics: Metrics;
}

/** Episodes that `episodeReturn` and `episodeLength` average over, as in Stable-Baselines3. */
const WINDOW = 100;

/** Counts steps and episodes for an agent's `learn` and makes its progress records. */
export class ProgressRecorder implements Stateful {
  /** Environment steps done so far, over all copies. */
  step = 0;
  private episodes = 0;
  private readonly returns = new Float64Array(WINDOW);
  private readonly lengths = new Float64Array(WINDOW);
  private finished: Episode[] = [];
  private totalSteps = 0;
  private startStep = 0;
  private startTime = 0;

  /** Begins (or goes on with) training up to `totalSteps`; the speed is measured from here. */
  start(totalSteps: number): void {
    checkArguments('learn', { steps: totalSteps }, { steps: positiveInteger });
    this.totalSteps = totalSteps;
    this.startStep = this.step;
    this.startTime = performance.now();
  }

  /** Counts the step that `env` just made and the episodes that ended in it. */
  record(env: Pick<VectorEnv, 'numEnvs' | 'terminated' | 'truncated' | 'episodeReturns' | 'episodeLengths'>): void {
    const isKnown = isStepped(env) && env.numEnvs === env.terminated.length;
    if (!isKnown) checkArguments('ProgressRecorder.record', { env }, { env: somethingCounted });
    this.step += env.numEnvs;
    for (let i = 0; i < env.numEnvs; i++) {
      if (!env.terminated[i] && !env.truncated[i]) continue;
      this.add({ step: this.step, return: env.episodeReturns[i], length: env.episodeLengths[i] });
    }
  }

  /** Counts steps that were made where nobody recorded them, up to `step`, and the episodes that ended in them. */
  recordUntil(step: number, episodes: readonly Episode[]): void {
    checkArguments('ProgressRecorder.recordUntil', { step, episodes }, { step: naturalNumber, episodes: aList });
    this.step = step;
    for (const episode of episodes) this.add(episode);
  }

  private add(episode: Episode): void {
    this.returns[this.episodes % WINDOW] = episode.return;
    this.lengths[this.episodes % WINDOW] = episode.length;
    this.episodes++;
    this.finished.push(episode);
  }

  /** The record to yield now; `metrics` are the update's own. */
  progress(metrics: Metrics): Progress {
    checkArguments('ProgressRecorder.progress', { metrics }, { metrics: anObject });
    const { step, totalSteps, episodes } = this;
    const count = Math.min(episodes, WINDOW);
    const episodeReturn = mean(this.returns, count);
    const episodeLength = mean(this.lengths, count);
    const finishedEpisodes = this.finished;
    this.finished = [];
    const seconds = (performance.now() - this.startTime) / 1000;
    return {
      step,
      totalSteps,
      episodes,
      episodeReturn,
      episodeLength,
      finishedEpisodes,
      metrics: {
        'rollout/episode_return': episodeReturn,
        'rollout/episode_length': episodeLength,
        ...metrics,
        'time/steps_per_second': (step - this.startStep) / seconds,
      },
    };
  }

  getState(): StateDict {
    const { step, episodes, returns, lengths } = this;
    return { step, episodes, returns: returns.slice(), lengths: lengths.slice() };
  }

  setState(state: StateDict): void {
    this.step = readNumber(state, 'step');
    this.episodes = readNumber(state, 'episodes');
    restoreArray(state, 'returns', this.returns);
    restoreArray(state, 'lengths', this.lengths);
  }
}

const somethingCounted = objectOf('environments (with numEnvs, terminated and truncated)', {
  numEnvs: positiveInteger,
  terminated: numberList,
  truncated: numberList,
});

function mean(values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  return sum / count;
}

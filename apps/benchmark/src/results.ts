import { evaluate, type Agent, type Evaluation } from '@gradus/core';
import { envDefaults, makeVectorEnv } from '@gradus/envs';
import Table from 'cli-table3';

/** How long training took. */
export interface TrainingTime {
  /** Environment steps over `seconds`. */
  readonly steps_per_second: number;
  /**
   * Wall-clock seconds of training: acting, stepping the environments and learning. Not in it: starting up, compiling the
   * network's programs and evaluating.
   */
  readonly seconds: number;
}

/** How an agent scored. */
export interface Score {
  /** Mean of the episodes' undiscounted returns. */
  readonly mean_return: number;
  /** Standard deviation over the episodes. */
  readonly std_return: number;
}

/** The line that `gradus train --json` ends with. */
export interface TrainingResult extends Score, TrainingTime {
  readonly algorithm: string;
  readonly environment: string;
  readonly seed: number;
  /** Environment steps, over all copies, that the agent was trained for. */
  readonly steps: number;
}

/** Episodes that are played side by side. */
const EVALUATION_COPIES = 100;

/** Steps after which an episode is cut off where the environment has no time limit: best actions may go in circles for ever. */
const EVALUATION_STEPS = 10_000;

/** Plays whole episodes with the agent's best actions, of at most {@link EVALUATION_STEPS} where the environment has no limit. */
export function playEpisodes(agent: Agent, environment: string, episodes: number, seed: number): Evaluation {
  const isUnlimited = envDefaults(environment).maxEpisodeSteps === Infinity;
  const options = isUnlimited ? { maxEpisodeSteps: EVALUATION_STEPS } : {};
  const env = makeVectorEnv(environment, Math.min(episodes, EVALUATION_COPIES), options);
  const evaluation = evaluate(agent, env, { episodes, seed });
  env.close();
  return evaluation;
}

/** The score of `episodes` episodes with the agent's best actions. */
export function scoreAgent(agent: Agent, environment: string, episodes: number, seed: number): Score {
  const { meanReturn, stdReturn } = playEpisodes(agent, environment, episodes, seed);
  return { mean_return: meanReturn, std_return: stdReturn };
}

/** `steps` environment steps took `seconds`. */
export function trainingTime(steps: number, seconds: number): TrainingTime {
  return { steps_per_second: Math.round(steps / seconds), seconds: Math.round(seconds * 1000) / 1000 };
}

/** One row for each result. */
export function resultsTable(results: readonly TrainingResult[], episodes: number): string {
  const head = ['algorithm', 'environment', 'seed', 'steps', `return over ${episodes} episodes`, 'steps/s', 'seconds'];
  return table(
    head,
    results.map((result) => [
      result.algorithm,
      result.environment,
      String(result.seed),
      count(result.steps),
      scoreText(result),
      count(result.steps_per_second),
      result.seconds.toFixed(1),
    ]),
  );
}

/** mean ± standard deviation */
export function scoreText({ mean_return, std_return }: Score): string {
  return `${mean_return.toFixed(1)} ± ${std_return.toFixed(1)}`;
}

/** No lines between rows. */
const compact = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table for people, without colours. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [] }, chars: compact });
  for (const row of rows) made.push([...row]);
  return made.toString();
}

/** 12345 as 12,345 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

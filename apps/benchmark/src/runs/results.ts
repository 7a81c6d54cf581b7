import { evaluate, type Agent, type Evaluation, type Resumption } from '@gradus/core';
import { makeVectorEnv } from '../catalog/environments.ts';
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

/** The score of episodes, some of which may have been cut off. */
export interface PlayedScore extends Score {
  /** Episodes that did not end within 10,000 steps, in an environment without a limit. */
  readonly cut_off_episodes: number;
}

/** The line that `gradus train --json` ends with. */
export interface TrainingResult extends PlayedScore, TrainingTime {
  readonly algorithm: string;
  readonly environment: string;
  /** Name of the settings. */
  readonly settings?: string;
  readonly seed: number;
  /** Environment steps, over all copies, that the agent was trained for. */
  readonly steps: number;
  /** How training went on, after `--resume`. */
  readonly resumed?: Resumption;
  /** What the best agent of the evaluations on the way scored there, and when; with `--out`. */
  readonly best?: { readonly step: number; readonly mean_return: number };
}

/** Episodes that are played side by side. */
const EVALUATION_COPIES = 100;

/** Plays whole episodes, by default with the agent's best actions, of at most 10,000 steps where the environment has no limit. */
export function playEpisodes(
  agent: Agent,
  environment: string,
  episodes: number,
  seed: number,
  deterministic = true,
): Evaluation {
  const env = makeVectorEnv(environment, Math.min(episodes, EVALUATION_COPIES));
  try {
    return evaluate(agent, env, { episodes, seed, deterministic });
  } finally {
    env.close();
  }
}

/** The score of `episodes` episodes, by default with the agent's best actions. */
export function scoreAgent(
  agent: Agent,
  environment: string,
  episodes: number,
  seed: number,
  deterministic = true,
): PlayedScore {
  const { meanReturn, stdReturn, cutOff } = playEpisodes(agent, environment, episodes, seed, deterministic);
  return { mean_return: meanReturn, std_return: stdReturn, cut_off_episodes: cutOff };
}

/** What to say where episodes were cut off. */
export function cutOffText(cutOff: number, episodes: number): string {
  return `${count(cutOff)} of ${count(episodes)} episodes did not end and were cut off`;
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

import { dynamicsFromTable, envFromDynamics, type Env, type TransitionTable } from '@gradus/core';

/** One step as the environment knows it. */
export interface RecordedStep {
  readonly state: number;
  readonly action: number;
  readonly reward: number;
  readonly nextState: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** The environment that a table describes, which puts every step into `log`. */
export function recordingEnv(table: TransitionTable, log: RecordedStep[], maxEpisodeSteps?: number): Env {
  const env = envFromDynamics(dynamicsFromTable(table, { maxEpisodeSteps }));
  let state = 0;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset(options) {
      const result = env.reset(options);
      state = Number(result.observation);
      return result;
    },
    step(action) {
      const result = env.step(action);
      const { reward, terminated, truncated } = result;
      const nextState = Number(result.observation);
      log.push({ state, action: Number(action), reward, nextState, terminated, truncated });
      state = nextState;
      return result;
    },
  };
}

/** The steps of a log, episode by episode; the last one may not be over. */
export function episodesOf(log: readonly RecordedStep[]): RecordedStep[][] {
  const episodes: RecordedStep[][] = [[]];
  for (const step of log) {
    episodes[episodes.length - 1].push(step);
    if (step.terminated || step.truncated) episodes.push([]);
  }
  return episodes;
}

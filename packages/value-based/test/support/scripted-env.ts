import { Box, Discrete, type Env, type ResetResult, type StepResult } from '@gradus/core';

/** One step as the environment knows it. */
export interface Transition {
  readonly observation: readonly number[];
  readonly action: number;
  readonly reward: number;
  /** What the action led to: at the end of an episode its last observation, not the first of the next one. */
  readonly nextObservation: readonly number[];
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/**
 * An environment that keeps a log. Observations never repeat and do not depend on actions, rewards do; episodes have three
 * steps and end by turns by termination and by truncation.
 */
export class ScriptedEnv implements Env<number[], number> {
  readonly observationSpace = new Box(-Infinity, Infinity, [2]);
  readonly actionSpace = new Discrete(3, 1);
  readonly log: Transition[] = [];
  private time = 0;
  private steps = 0;
  private episodes = 0;

  reset(): ResetResult<number[]> {
    this.steps = 0;
    this.episodes++;
    return { observation: this.observe() };
  }

  step(action: number): StepResult<number[]> {
    const observation = this.present();
    const reward = Math.fround(3 * Math.sin(3 * this.time) + action);
    const nextObservation = this.observe();
    const ends = ++this.steps === 3;
    const terminated = ends && this.episodes % 2 === 1;
    const truncated = ends && !terminated;
    this.log.push({ observation, action, reward, nextObservation, terminated, truncated });
    return { observation: nextObservation, reward, terminated, truncated };
  }

  private observe(): number[] {
    this.time++;
    return this.present();
  }

  private present(): number[] {
    return [Math.fround(Math.sin(this.time)), Math.fround(2 * Math.cos(1.7 * this.time))];
  }
}

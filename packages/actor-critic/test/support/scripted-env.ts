import { Box, Discrete, type Env, type ResetResult, type Space, type SpaceValue, type StepResult } from '@gradus/core';

/** One step as the environment knows it. */
export interface Transition {
  readonly observation: readonly number[];
  readonly action: readonly number[];
  readonly reward: number;
  /** What the action led to: at the end of an episode its last observation, not the first of the next one. */
  readonly nextObservation: readonly number[];
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Two numbers, between bounds that are not symmetric. */
export const unevenBox: Box = new Box([-1, 2], [3, 2.5]);

/** Three choices, counted from 1. */
export const threeChoices: Discrete = new Discrete(3, 1);

/**
 * An environment that keeps a log. Observations never repeat and do not depend on actions, rewards do; episodes have three steps and end by turns by
 * termination and by truncation.
 */
export class ScriptedEnv implements Env {
  readonly observationSpace: Space = new Box(-Infinity, Infinity, [2]);
  readonly actionSpace: Space;
  readonly log: Transition[] = [];
  private time = 0;
  private steps = 0;
  private episodes = 0;

  constructor(actionSpace: Space = unevenBox) {
    this.actionSpace = actionSpace;
  }

  reset(): ResetResult {
    this.steps = 0;
    this.episodes++;
    return { observation: this.observe() };
  }

  step(value: SpaceValue): StepResult {
    const observation = this.present();
    const action = typeof value === 'number' ? [value] : Array.from(value);
    const reward = Math.sin(3 * this.time) + 0.5 * action.reduce((sum, x) => sum + x);
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

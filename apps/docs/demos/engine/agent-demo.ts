import {
  evaluate,
  type Agent,
  type Checkpoint,
  type Env,
  type Observation,
  type Progress,
  type RenderContext,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import type { Demo, Ended, Snapshot } from '../demo.ts';
import { GrowingCurve } from './growing-curve.ts';
import { policyViews } from './policy-views.ts';
import { withWeights } from './pretrained-weights.ts';

/** What a demo of an agent is made of. */
export interface AgentDemoParts {
  readonly agent: Agent;
  /** An agent of the same kind with what is in the checkpoint, to learn on in the same environments. */
  readonly load: (checkpoint: Checkpoint) => Agent;
  /** What is shown: an environment of its own, in which the agent plays. */
  readonly stage: Env;
  /** Copies in which it is examined. */
  readonly examination: VectorEnv;
  /** What actions are called, one after another; of a `Box` its elements. */
  readonly actions: readonly string[];
  /** Environment steps at which learning ends, and between two examinations. */
  readonly steps: number;
  readonly interval: number;
  /** Mean return of an examination that ends learning. */
  readonly target: number;
  readonly seed: number;
}

/** An agent of the library that learns, is examined now and then, and plays. */
export class AgentDemo implements Demo {
  readonly picture: Env['renderFormat'];
  private readonly parts: AgentDemoParts;
  private agent: Agent;
  private learning: Iterator<Progress, void, void>;
  private readonly examined = new GrowingCurve();
  private readonly whileLearning = new GrowingCurve();
  private nextExamination: number;
  private score: number | undefined;
  private best: { readonly score: number; readonly checkpoint: Checkpoint } | undefined;
  ended: Ended | undefined;
  private observation: Observation;

  constructor(parts: AgentDemoParts) {
    this.parts = parts;
    this.agent = parts.agent;
    this.learning = this.agent.learn({ steps: parts.steps });
    this.nextExamination = parts.interval;
    this.picture = parts.stage.renderFormat;
    this.observation = parts.stage.reset({ seed: parts.seed }).observation;
    this.examine();
  }

  learn(): void {
    if (this.ended !== undefined) return;
    const { done, value } = this.learning.next();
    if (done === true) {
      this.end('all steps done');
      return;
    }
    this.whileLearning.add(value.step, value.episodeReturn);
    if (value.step < this.nextExamination) return;
    this.nextExamination = value.step + this.parts.interval;
    this.examine();
    if ((this.score ?? -Infinity) >= this.parts.target) this.end('solved');
  }

  /** Plays whole episodes with the best actions, and keeps the best agent. */
  private examine(): void {
    const { examination, seed } = this.parts;
    const { meanReturn } = evaluate(this.agent, examination, { episodes: examination.numEnvs, seed });
    this.score = meanReturn;
    this.examined.add(this.agent.step, meanReturn);
    if (this.best && meanReturn <= this.best.score) return;
    this.best = { score: meanReturn, checkpoint: this.checkpoint };
  }

  /** Learning is over: from now on the best agent plays. */
  private end(why: Ended): void {
    this.ended = why;
    if (this.best && this.best.score !== this.score) this.take(this.best.checkpoint);
  }

  private take(checkpoint: Checkpoint): void {
    const { load } = this.parts;
    const taken = load(checkpoint);
    this.agent.dispose();
    this.agent = taken;
  }

  /** Environment steps so far. */
  get step(): number {
    return this.agent.step;
  }

  /** The agent as it is. */
  get checkpoint(): Checkpoint {
    return this.agent.checkpoint({ saveReplay: false });
  }

  usePretrained(weights: Uint8Array): void {
    const { steps, interval } = this.parts;
    this.take(withWeights(this.agent.checkpoint(), weights));
    this.learning = this.agent.learn({ moreSteps: steps });
    this.nextExamination = this.agent.step + interval;
    this.ended = undefined;
    this.best = undefined;
    this.examine();
  }

  /** Returns the action that was taken. */
  play(isFrozen: boolean): SpaceValue {
    const { stage } = this.parts;
    const action = this.agent.act(this.observation, { deterministic: isFrozen || this.ended !== undefined });
    const { observation, terminated, truncated } = stage.step(action);
    this.observation = terminated || truncated ? stage.reset().observation : observation;
    return action;
  }

  draw(context: RenderContext): void {
    this.parts.stage.render?.(context);
  }

  /** `actions`: what they are called in the state that is shown, where each has its own. */
  snapshot(actions: readonly string[] = this.parts.actions): Snapshot {
    const { agent, score, best, ended, examined, whileLearning } = this;
    return {
      step: agent.step,
      unit: 'environment steps',
      score,
      best: best?.score,
      ended,
      curves: [
        { label: 'best actions, fresh episodes', points: examined.points },
        { label: 'while learning, last 100 episodes', points: whileLearning.points },
      ],
      views: policyViews(agent, this.observation, actions),
    };
  }

  dispose(): void {
    this.agent.dispose();
  }
}

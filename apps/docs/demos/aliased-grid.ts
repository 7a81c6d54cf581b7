import {
  envFromDynamics,
  evaluate,
  vectorEnvFromDynamics,
  type Agent,
  type Env,
  type RenderContext,
} from '@gradus/core';
import { aliasedGrid } from '@gradus/envs';
import { Reinforce } from '@gradus/policy-gradient';
import { QLearning } from '@gradus/value-based';
import type { Demo, DemoSettings, Ended, Snapshot, View } from './demo.ts';
import { GrowingCurve } from './engine/growing-curve.ts';

const ACTIONS = ['north', 'east', 'south', 'west'];
/** What both squares beside the middle look like. */
const ALIASED = 1;
const EPISODES = 100;
const STEPS = 200;
const MOST_STEPS = 60_000;
/** Pixels between the pictures of the two. */
const GAP = 24;

/** One of the two that learn, and where it is shown. */
interface Learner {
  readonly label: string;
  readonly agent: Agent;
  readonly stage: Env;
  observation: number;
  readonly curve: GrowingCurve;
  /** Values act by the best action; probabilities are drawn from, since that is what was learned. */
  readonly deterministic: boolean;
}

/** Q-learning and REINFORCE side by side where two squares look the same (S5.7). */
class AliasedGridDemo implements Demo {
  readonly picture: NonNullable<Demo['picture']>;
  private readonly q: QLearning;
  private readonly reinforce: Reinforce;
  private readonly learners: readonly Learner[];
  private readonly examination = vectorEnvFromDynamics(aliasedGrid(), EPISODES);
  private readonly seed: number;
  private score = 0;
  private best = -Infinity;

  constructor({ seed }: DemoSettings) {
    this.seed = seed;
    this.q = new QLearning(envFromDynamics(aliasedGrid()), { gamma: 0.9, seed });
    this.reinforce = new Reinforce(envFromDynamics(aliasedGrid()), {
      ...{ hidden: [], gamma: 0.9, baseline: 'mean', episodes: 10, learningRate: 0.05, normalizeReturns: false, seed },
    });
    this.learners = [
      { label: 'Q-learning', agent: this.q, deterministic: true },
      { label: 'REINFORCE', agent: this.reinforce, deterministic: false },
    ].map((learner, i) => {
      const stage = envFromDynamics(aliasedGrid());
      const { observation } = stage.reset({ seed: seed + i });
      return { ...learner, stage, observation: Number(observation), curve: new GrowingCurve() };
    });
    const { width, height, framesPerSecond } = aliasedGrid().renderFormat ?? {
      width: 1,
      height: 1,
      framesPerSecond: 4,
    };
    this.picture = { width, height: 2 * height + GAP, framesPerSecond };
    this.measure();
  }

  learn(): void {
    if (this.ended !== undefined) return;
    for (const { agent } of this.learners) Array.from(agent.learn({ moreSteps: STEPS }));
    this.measure();
  }

  get ended(): Ended | undefined {
    return this.q.step >= MOST_STEPS ? 'all steps done' : undefined;
  }

  private measure(): void {
    for (const { agent, curve, deterministic } of this.learners) {
      const { examination, seed } = this;
      const { meanReturn } = evaluate(agent, examination, { episodes: EPISODES, deterministic, seed });
      curve.add(this.q.step, meanReturn);
      if (!deterministic) this.score = meanReturn;
    }
    this.best = Math.max(this.best, this.score);
  }

  play(): void {
    for (const learner of this.learners) {
      const { agent, stage, deterministic } = learner;
      const { observation, terminated, truncated } = stage.step(agent.act(learner.observation, { deterministic }));
      learner.observation = Number(terminated || truncated ? stage.reset().observation : observation);
    }
  }

  draw(context: RenderContext): void {
    for (const { stage } of this.learners) {
      stage.render?.(context);
      context.translate(0, (stage.renderFormat?.height ?? 0) + GAP);
    }
  }

  snapshot(): Snapshot {
    const bars = (values: ArrayLike<number>): View['bars'] =>
      ACTIONS.map((label, action) => ({ label, value: values[action] }));
    const told = this.reinforce.actionDistribution(ALIASED);
    return {
      ...{ step: this.q.step, unit: 'environment steps', score: this.score, best: this.best, ended: this.ended },
      curves: this.learners.map(({ label, curve }) => ({ label, points: curve.points })),
      views: [
        {
          title: 'Q-learning’s values of the two squares that look the same',
          kind: 'values',
          bars: bars(this.q.actionValues(ALIASED)),
        },
        {
          title: 'REINFORCE’s probabilities there',
          kind: 'probabilities',
          bars: 'probabilities' in told ? bars(told.probabilities) : [],
        },
      ],
    };
  }

  dispose(): void {
    for (const { agent } of this.learners) agent.dispose();
  }
}

/** The demo of the catalog. */
export const create = (settings: DemoSettings): Demo => new AliasedGridDemo(settings);

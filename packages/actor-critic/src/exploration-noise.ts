import {
  finiteNumber,
  nonNegativeNumber,
  nullable,
  optional,
  positiveInteger,
  positiveNumber,
  restoreArray,
  scheduleOf,
  scheduleValue,
  variantCheck,
  type ActionArray,
  type OptionCheck,
  type Random,
  type Schedule,
  type StateDict,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import type { ContinuousActions } from './continuous-actions.ts';

/** Independent normal noise of each step. */
export interface GaussianNoise {
  readonly kind: 'gaussian';
  /** σ, in halves of the distance between an action's bounds, over the progress of training. */
  readonly deviation: Schedule;
}

/**
 * Noise that drifts (Uhlenbeck and Ornstein, 1930; Lillicrap et al., 2016; S6.3), from x = `initial` at the start of each episode:
 *
 *     x ← x + θ (μ − x) Δt + σ √Δt ε,   ε ~ N(0, 1);   what is added to an action is scale · x.
 */
export interface OrnsteinUhlenbeckNoise {
  readonly kind: 'ornstein-uhlenbeck';
  /** θ, how fast it returns to μ. Default 0.15. */
  readonly reversion?: number | undefined;
  /** μ. Default 0. */
  readonly mean?: number | undefined;
  /** σ. Default 0.2. */
  readonly deviation?: number | undefined;
  /** What x is multiplied with, over the progress of training; in halves of the distance between an action's bounds. Default 0.1. */
  readonly scale?: Schedule | undefined;
  /** Δt. Default 1. */
  readonly timeStep?: number | undefined;
  /** x at first. Default 0. */
  readonly initial?: number | undefined;
}

/** What is added to a deterministic actor's actions; `null`: nothing. */
export type ActionNoise = GaussianNoise | OrnsteinUhlenbeckNoise | null;

/**
 * Noise on the actor's parameters (Plappert et al., 2018), from the start of an episode to its end, so that what it does depends on the state alone:
 *
 *     θ̃ = θ + σ ε,   ε ~ N(0, 1)
 *
 * After every `interval` environment steps σ is adapted, so that actions differ about as much as they would with normal noise of the deviation δ:
 *
 *     σ ← α σ where d(μ, μ̃) ≤ δ, else σ / α,   d = √E[mean over elements of (μ(s; θ) − μ(s; θ + σ ε))²]
 *
 * over the states of a minibatch, with an ε drawn for that. Copies of the environment share θ̃, which is drawn anew whenever an episode of theirs ends. All
 * parameters of the actor have noise; the paper advises layer normalization between its layers (`network`), so that they feel it alike.
 */
export interface ParameterNoise {
  readonly kind: 'parameter';
  /** σ at first. Default 0.2 (OpenAI Baselines). */
  readonly initialDeviation?: number | undefined;
  /** δ, in halves of the distance between an action's bounds, over the progress of training. Default 0.2 (OpenAI Baselines). */
  readonly distance?: Schedule | undefined;
  /** α, above 1. Default 1.01 (the paper). */
  readonly factor?: number | undefined;
  /** Environment steps. Default 50 (OpenAI Baselines). */
  readonly interval?: number | undefined;
}

/** How a deterministic actor explores in training; `null`: not at all. */
export type ExplorationNoise = ActionNoise | ParameterNoise;

const aboveOne: OptionCheck = {
  expected: 'a number above 1',
  accepts: (value) => finiteNumber.accepts(value) && Number(value) > 1,
};

/** Accepts an {@link ExplorationNoise}. */
export const explorationNoiseCheck: OptionCheck = nullable(
  variantCheck({
    gaussian: { deviation: scheduleOf(nonNegativeNumber) },
    'ornstein-uhlenbeck': {
      reversion: optional(nonNegativeNumber),
      mean: optional(finiteNumber),
      deviation: optional(nonNegativeNumber),
      scale: optional(scheduleOf(nonNegativeNumber)),
      timeStep: optional(positiveNumber),
      initial: optional(finiteNumber),
    },
    parameter: {
      initialDeviation: optional(positiveNumber),
      distance: optional(scheduleOf(nonNegativeNumber)),
      factor: optional(aboveOne),
      interval: optional(positiveInteger),
    },
  }),
);

/** Adds noise to the actions of environment copies, each with its own. */
export class NoiseProcess implements Stateful {
  private readonly noise: ActionNoise;
  /** x of each element of each copy's action. */
  private readonly positions: Float64Array;

  constructor(noise: ActionNoise, { numEnvs, actionSpace }: Pick<VectorEnv, 'numEnvs' | 'actionSpace'>) {
    this.noise = noise;
    this.positions = new Float64Array(noise?.kind === 'ornstein-uhlenbeck' ? numEnvs * actionSpace.size : 0);
    if (noise?.kind === 'ornstein-uhlenbeck') this.positions.fill(noise.initial ?? 0);
  }

  /** Changes `actions`, [copies × size], at most to their bounds; `env` tells where episodes have just ended. */
  addTo(
    actions: ActionArray,
    { space, halves }: ContinuousActions,
    env: Pick<VectorEnv, 'terminated' | 'truncated'>,
    random: Random,
    progress: number,
  ): void {
    const { noise, positions } = this;
    if (noise === null) return;
    const { low, high, size } = space;
    const factor = scheduleValue(noise.kind === 'gaussian' ? noise.deviation : (noise.scale ?? 0.1), progress);
    if (noise.kind === 'ornstein-uhlenbeck') this.drift(noise, env, size, random);
    for (let i = 0, j = 0; i < actions.length; i++, j++) {
      if (j === size) j = 0;
      const step = noise.kind === 'gaussian' ? random.normal() : positions[i];
      actions[i] = Math.min(Math.max(actions[i] + halves[j] * factor * step, low[j]), high[j]);
    }
  }

  private drift(
    { reversion = 0.15, mean = 0, deviation = 0.2, timeStep = 1, initial = 0 }: OrnsteinUhlenbeckNoise,
    { terminated, truncated }: Pick<VectorEnv, 'terminated' | 'truncated'>,
    size: number,
    random: Random,
  ): void {
    const { positions } = this;
    for (let i = 0; i < positions.length; i++) {
      const copy = Math.floor(i / size);
      if (terminated[copy] || truncated[copy]) positions[i] = initial;
      positions[i] += reversion * (mean - positions[i]) * timeStep + deviation * Math.sqrt(timeStep) * random.normal();
    }
  }

  getState(): StateDict {
    return { positions: this.positions.slice() };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'positions', this.positions);
  }
}

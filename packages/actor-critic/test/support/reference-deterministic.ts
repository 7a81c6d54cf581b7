import type { Minibatch, Row } from './record-minibatches.ts';
import {
  ReferenceAdam,
  follow,
  gradientOf,
  mean,
  parameterCount,
  tanhNetwork,
  type ReferenceNetwork,
} from './reference-networks.ts';
import { unevenBox } from './scripted-env.ts';

/** What decides an update of {@link ReferenceDeterministic}. */
export interface DeterministicSettings {
  readonly tau: number;
  readonly rate: number;
  readonly criticRate: number;
  /** Whether actor and targets change, too. */
  readonly isOfAll: boolean;
  /** Noise on the target's actions, [rows][size]. */
  readonly noise: readonly (readonly number[])[];
}

/** The weights of an agent. */
export interface DeterministicWeights {
  actor: number[];
  critics: number[];
  actorTarget: number[];
  criticsTarget: number[];
}

/** Actions between −1 and 1. */
export function unitAction(action: readonly number[]): number[] {
  const { low, high } = unevenBox;
  return action.map((x, j) => (2 * (x - low[j])) / (high[j] - low[j]) - 1);
}

/** DDPG, with one critic, and TD3, with two, in float64 from their formulas and nothing else; gradients are those of central differences. */
export class ReferenceDeterministic {
  readonly weights: DeterministicWeights;
  /** (|y − q₁| + |y − q₂|) / 2, or y − q, of the last update. */
  errors: readonly number[] = [];
  private readonly actor: ReferenceNetwork;
  private readonly critic: ReferenceNetwork;
  private readonly criticSize: number;
  private readonly optimizers = { actor: new ReferenceAdam(), critics: new ReferenceAdam() };

  /** `hidden`: sizes of the hidden layers; observations and actions have two numbers. */
  constructor(weights: DeterministicWeights, hidden: readonly number[]) {
    this.weights = { ...weights };
    const criticSizes = [4, ...hidden, 1];
    this.actor = tanhNetwork([2, ...hidden, 2]);
    this.critic = tanhNetwork(criticSizes);
    this.criticSize = parameterCount(criticSizes);
  }

  /** Makes one minibatch step and returns its metrics. */
  update({ rows }: Minibatch, settings: DeterministicSettings): Record<string, number> {
    const { weights, optimizers } = this;
    const y = rows.map((row, k) => this.target(row, settings.noise[k]));
    const q = (critics: readonly number[]): number[][] =>
      rows.map(({ observation, action }) => this.values(critics, observation, unitAction(action)));
    const valueLoss = (critics: readonly number[]): number =>
      mean(q(critics).map((values, k) => rows[k].weight * values.reduce((sum, v) => sum + (y[k] - v) ** 2, 0)));
    const before = q(weights.critics);
    this.errors = before.map((values, k) =>
      values.length === 1 ? y[k] - values[0] : mean(values.map((v) => Math.abs(y[k] - v))),
    );
    const metrics = { 'train/value_loss': valueLoss(weights.critics), 'train/q_value': mean(before.map(([v]) => v)) };
    const { tau, rate, criticRate, isOfAll } = settings;
    weights.critics = optimizers.critics.step(weights.critics, gradientOf(valueLoss, weights.critics), criticRate);
    if (!isOfAll) return metrics;
    const policyLoss = (actor: readonly number[]): number =>
      -mean(rows.map(({ observation }) => this.values(weights.critics, observation, this.act(actor, observation))[0]));
    const loss = policyLoss(weights.actor);
    weights.actor = optimizers.actor.step(weights.actor, gradientOf(policyLoss, weights.actor), rate);
    weights.actorTarget = follow(weights.actorTarget, weights.actor, tau);
    weights.criticsTarget = follow(weights.criticsTarget, weights.critics, tau);
    return { ...metrics, 'train/policy_loss': loss };
  }

  /** μ(s), between −1 and 1. */
  act(actor: readonly number[], observation: readonly number[]): number[] {
    return this.actor(actor, observation).map(Math.tanh);
  }

  /** qᵢ(s, a). */
  values(critics: readonly number[], observation: readonly number[], action: readonly number[]): number[] {
    const count = critics.length / this.criticSize;
    return Array.from({ length: count }, (_, i) => {
      const [value] = this.critic(critics, [...observation, ...action], i * this.criticSize);
      return value;
    });
  }

  private target({ reward, nextObservation, discount }: Row, noise: readonly number[]): number {
    const { actorTarget, criticsTarget } = this.weights;
    const action = this.act(actorTarget, nextObservation).map((x, j) => Math.min(Math.max(x + noise[j], -1), 1));
    return reward + discount * Math.min(...this.values(criticsTarget, nextObservation, action));
  }
}

import type { Minibatch } from './record-minibatches.ts';
import { unitAction } from './reference-deterministic.ts';
import { ReferenceAdam, follow, gradientOf, mean, parameterCount, tanhNetwork } from './reference-networks.ts';

/** The weights of an agent; `entropyCoefficient` is log α, or nothing. */
export interface SacWeights {
  actor: number[];
  critics: number[];
  criticsTarget: number[];
  entropyCoefficient: number[];
}

/** What decides an update of {@link ReferenceSac}. */
export interface SacSettings {
  readonly tau: number;
  readonly rate: number;
  readonly criticRate: number;
  /** α where it is not learned. */
  readonly alpha: number;
  readonly targetEntropy: number;
  /** Standard normal numbers of the actions at s and at s′, [rows][size]. */
  readonly noise: readonly (readonly number[])[];
  readonly nextNoise: readonly (readonly number[])[];
}

/** Of each element before tanh. */
interface Normal {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Mean and deviation at a state, given the actor's parameters. */
export type ReferenceActor = (theta: readonly number[], observation: readonly number[]) => Normal;

/** An actor with one hidden layer of `width` numbers that puts out means and log deviations. */
export function plainActor(width: number): ReferenceActor {
  const network = tanhNetwork([2, width, 4]);
  return (theta, observation) => {
    const outputs = network(theta, observation);
    return {
      mean: outputs.slice(0, 2),
      deviation: outputs.slice(2).map((x) => Math.exp(Math.min(Math.max(x, -20), 2))),
    };
  };
}

/** One whose deviation is that of φ W with φ its hidden layer and W_ij ~ N(0, exp(logStd_ij)²), whose parameters come last. */
export function stateDependentActor(width: number): ReferenceActor {
  const hidden = tanhNetwork([2, width]);
  const head = tanhNetwork([width, 2]);
  const [first, second] = [parameterCount([2, width]), parameterCount([width, 2])];
  return (theta, observation) => {
    const features = hidden(theta, observation).map(Math.tanh);
    const outputs = head(theta, features, first);
    const deviation = outputs.map((_, j) => {
      const variance = features.reduce(
        (sum, phi, i) => sum + phi ** 2 * Math.exp(theta[first + second + 2 * i + j]) ** 2,
        0,
      );
      return Math.sqrt(variance + 1e-6);
    });
    return { mean: outputs.map((x) => Math.min(Math.max(x, -2), 2)), deviation };
  };
}

/** Soft actor-critic in float64 from its formulas and nothing else; gradients are those of central differences. */
export class ReferenceSac {
  readonly weights: SacWeights;
  private readonly actor: ReferenceActor;
  private readonly critic = tanhNetwork([4, 3, 1]);
  private readonly optimizers = {
    actor: new ReferenceAdam(),
    critics: new ReferenceAdam(),
    alpha: new ReferenceAdam(),
  };

  constructor(weights: SacWeights, actor: ReferenceActor) {
    this.weights = { ...weights };
    this.actor = actor;
  }

  /** Makes one minibatch step and returns its metrics. */
  update({ rows }: Minibatch, settings: SacSettings): Record<string, number> {
    const { weights, optimizers } = this;
    const { tau, rate, criticRate, targetEntropy, noise, nextNoise } = settings;
    const draw = (actor: readonly number[]) =>
      rows.map(({ observation }, k) => this.draw(actor, observation, noise[k]));
    const logProbabilities = draw(weights.actor).map(({ logProbability }) => logProbability);
    const isLearned = weights.entropyCoefficient.length > 0;
    const alpha = isLearned ? Math.exp(weights.entropyCoefficient[0]) : settings.alpha;
    if (isLearned) {
      const gradient = -mean(logProbabilities.map((each) => each + targetEntropy));
      weights.entropyCoefficient = optimizers.alpha.step(weights.entropyCoefficient, [gradient], rate);
    }
    const y = rows.map(({ reward, discount, nextObservation }, k) => {
      const { action, logProbability } = this.draw(weights.actor, nextObservation, nextNoise[k]);
      const value = Math.min(...this.values(weights.criticsTarget, nextObservation, action));
      return reward + discount * (value - alpha * logProbability);
    });
    const q = (critics: readonly number[]): number[][] =>
      rows.map(({ observation, action }) => this.values(critics, observation, unitAction(action)));
    const valueLoss = (critics: readonly number[]): number =>
      mean(q(critics).map((values, k) => rows[k].weight * values.reduce((sum, v) => sum + (y[k] - v) ** 2, 0)));
    const metrics = {
      'train/value_loss': valueLoss(weights.critics),
      'train/q_value': mean(q(weights.critics).map(([first]) => first)),
      'train/entropy': -mean(logProbabilities),
      'train/entropy_coefficient': alpha,
    };
    weights.critics = optimizers.critics.step(weights.critics, gradientOf(valueLoss, weights.critics), criticRate);
    const policyLoss = (actor: readonly number[]): number =>
      mean(
        draw(actor).map(({ action, logProbability }, k) => {
          const value = Math.min(...this.values(weights.critics, rows[k].observation, action));
          return alpha * logProbability - value;
        }),
      );
    const loss = policyLoss(weights.actor);
    weights.actor = optimizers.actor.step(weights.actor, gradientOf(policyLoss, weights.actor), rate);
    weights.criticsTarget = follow(weights.criticsTarget, weights.critics, tau);
    return { ...metrics, 'train/policy_loss': loss };
  }

  /** a = tanh(u) and log N(u; m, σ²) − Σ log(1 − a²). */
  private draw(actor: readonly number[], observation: readonly number[], noise: readonly number[]) {
    const { mean: center, deviation } = this.actor(actor, observation);
    const raw = center.map((x, j) => x + deviation[j] * noise[j]);
    const logDensities = raw.map(
      (u, j) =>
        -0.5 * noise[j] ** 2 - Math.log(deviation[j]) - 0.5 * Math.log(2 * Math.PI) - Math.log(1 - Math.tanh(u) ** 2),
    );
    return { action: raw.map(Math.tanh), logProbability: logDensities.reduce((sum, each) => sum + each) };
  }

  /** qᵢ(s, a). */
  values(critics: readonly number[], observation: readonly number[], action: readonly number[]): number[] {
    const size = parameterCount([4, 3, 1]);
    return [0, size].map((start) => this.critic(critics, [...observation, ...action], start)[0]);
  }
}

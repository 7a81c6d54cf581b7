import type { DqnOptions } from '@gradus/value-based';
import { lossOf, outputCount, valueOf } from './reference-heads.ts';

/** One row of a minibatch. */
export interface Row {
  readonly observation: readonly number[];
  readonly action: number;
  /** Of all steps that the row takes in, discounted. */
  readonly reward: number;
  readonly nextObservation: readonly number[];
  /** The factor of the next observation's value. */
  readonly discount: number;
  /** The factor of the row's loss. */
  readonly weight: number;
}

const INPUTS = 2;
const CHOICES = 3;
/** The smallest action. */
const START = 1;

/** x W + b of parameters that begin at `start`: weights [INPUTS × size], then biases. */
function layer(theta: readonly number[], start: number, size: number, x: readonly number[]): number[] {
  return Array.from({ length: size }, (_, o) =>
    x.reduce((sum, each, i) => sum + each * theta[start + i * size + o], theta[start + INPUTS * size + o]),
  );
}

/** Outputs of a linear network for each action. With `dueling` its parameters are those of the value, then those of the advantages. */
function outputsOf(theta: readonly number[], observation: readonly number[], options: DqnOptions): number[][] {
  const count = outputCount(options);
  const split = (all: readonly number[]): number[][] =>
    Array.from({ length: CHOICES }, (_, a) => all.slice(a * count, (a + 1) * count));
  if (!options.dueling) return split(layer(theta, 0, CHOICES * count, observation));
  const value = layer(theta, 0, count, observation);
  const advantages = split(layer(theta, (INPUTS + 1) * count, CHOICES * count, observation));
  const mean = value.map((_, i) => advantages.reduce((sum, each) => sum + each[i], 0) / CHOICES);
  return advantages.map((each) => each.map((x, i) => value[i] + x - mean[i]));
}

/** The target network's outputs for a* = argmax_a q(s′, a), by w⁻ or by w with `double`. */
function followedBy(
  online: readonly number[],
  target: readonly number[],
  row: Row,
  options: DqnOptions,
): readonly number[] {
  const chooser = outputsOf(options.double ? online : target, row.nextObservation, options);
  const values = chooser.map((outputs) => valueOf(outputs, options));
  return outputsOf(target, row.nextObservation, options)[values.indexOf(Math.max(...values))];
}

/** DQN for linear networks in float64, written from its formulas and nothing else: the gradient is that of central differences. */
export class ReferenceDqn {
  online: number[];
  target: number[];
  /** What the last minibatch step says of each row, for priorities. */
  errors: readonly number[] = [];
  private readonly moments: { m: number; v: number }[];
  private steps = 0;

  constructor(online: readonly number[]) {
    this.online = [...online];
    this.target = [...online];
    this.moments = online.map(() => ({ m: 0, v: 0 }));
  }

  /** Makes one minibatch step and returns its metrics. */
  update(rows: readonly Row[], learningRate: number, options: DqnOptions): Record<string, number> {
    const { online, target, moments } = this;
    const followed = rows.map((row) => followedBy(online, target, row, options));
    const chosen = (theta: readonly number[], { observation, action }: Row): readonly number[] =>
      outputsOf(theta, observation, options)[action - START];
    const compare = (theta: readonly number[]): { loss: number; error: number }[] =>
      rows.map((row, i) => lossOf(chosen(theta, row), followed[i], row.reward, row.discount, options));
    const lossAt = (theta: readonly number[]): number =>
      compare(theta).reduce((sum, { loss }, i) => sum + rows[i].weight * loss, 0) / rows.length;
    const width = 1e-5;
    const gradient = online.map(
      (x, i) => (lossAt(online.with(i, x + width)) - lossAt(online.with(i, x - width))) / (2 * width),
    );
    const norm = Math.hypot(...gradient);
    const scale = options.maxGradNorm === null ? 1 : Math.min(1, options.maxGradNorm / (norm + 1e-6));
    const metrics = {
      'train/loss': lossAt(online),
      'train/q_value': rows.reduce((sum, row) => sum + valueOf(chosen(online, row), options), 0) / rows.length,
      'train/gradient_norm': norm,
    };
    this.errors = compare(online).map(({ error }) => error);
    const t = ++this.steps;
    this.online = online.map((x, i) => {
      const g = gradient[i] * scale;
      if (options.optimizer === 'rmsprop') {
        const [m, v] = [0.95 * moments[i].m + 0.05 * g, 0.95 * moments[i].v + 0.05 * g * g];
        moments[i] = { m, v };
        return x - (learningRate * g) / (Math.sqrt(v - m * m) + 0.01);
      }
      const m = 0.9 * moments[i].m + 0.1 * g;
      const v = 0.999 * moments[i].v + 0.001 * g * g;
      moments[i] = { m, v };
      return x - (learningRate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + options.adamEpsilon);
    });
    return metrics;
  }

  /** w⁻ ← τ w + (1 − τ) w⁻ */
  updateTarget(tau: number): void {
    this.target = this.target.map((x, i) => tau * this.online[i] + (1 - tau) * x);
  }
}

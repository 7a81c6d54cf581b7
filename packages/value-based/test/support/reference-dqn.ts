import type { DqnOptions } from '@gradus/value-based';

/** One row of a minibatch. */
export interface Row {
  readonly observation: readonly number[];
  readonly action: number;
  readonly reward: number;
  readonly nextObservation: readonly number[];
  readonly terminated: boolean;
}

const INPUTS = 2;
const CHOICES = 3;
/** The smallest action. */
const START = 1;

/** q(s, ·) of a linear network whose parameters are weights [inputs × choices], then biases. */
function valuesOf(theta: readonly number[], observation: readonly number[]): number[] {
  return Array.from({ length: CHOICES }, (_, a) =>
    observation.reduce((sum, x, i) => sum + x * theta[i * CHOICES + a], theta[INPUTS * CHOICES + a]),
  );
}

/** y = r + γ (1 − terminated) q(s′, a*; w⁻), with a* the best by w⁻, or by w with `double`. */
function targetOf(online: readonly number[], target: readonly number[], row: Row, options: DqnOptions): number {
  if (row.terminated) return row.reward;
  const chooser = valuesOf(options.double ? online : target, row.nextObservation);
  const best = chooser.indexOf(Math.max(...chooser));
  return row.reward + options.gamma * valuesOf(target, row.nextObservation)[best];
}

/** DQN for linear networks in float64, written from its formulas and nothing else: the gradient is that of central differences. */
export class ReferenceDqn {
  online: number[];
  target: number[];
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
    const targets = rows.map((row) => targetOf(online, target, row, options));
    const chosen = (theta: readonly number[], { observation, action }: Row): number =>
      valuesOf(theta, observation)[action - START];
    const lossAt = (theta: readonly number[]): number => {
      const errors = rows.map((row, i) => Math.abs(targets[i] - chosen(theta, row)));
      const losses = errors.map((x) => (options.loss === 'squared' ? x * x : x <= 1 ? 0.5 * x * x : x - 0.5));
      return losses.reduce((a, b) => a + b) / rows.length;
    };
    const width = 1e-5;
    const gradient = online.map(
      (x, i) => (lossAt(online.with(i, x + width)) - lossAt(online.with(i, x - width))) / (2 * width),
    );
    const norm = Math.hypot(...gradient);
    const scale = options.maxGradNorm === null ? 1 : Math.min(1, options.maxGradNorm / (norm + 1e-6));
    const metrics = {
      'train/loss': lossAt(online),
      'train/q_value': rows.reduce((sum, row) => sum + chosen(online, row), 0) / rows.length,
      'train/gradient_norm': norm,
    };
    const t = ++this.steps;
    this.online = online.map((x, i) => {
      const g = gradient[i] * scale;
      const m = 0.9 * moments[i].m + 0.1 * g;
      const v = 0.999 * moments[i].v + 0.001 * g * g;
      moments[i] = { m, v };
      return x - (learningRate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    });
    return metrics;
  }

  /** w⁻ ← τ w + (1 − τ) w⁻ */
  updateTarget(tau: number): void {
    this.target = this.target.map((x, i) => tau * this.online[i] + (1 - tau) * x);
  }
}

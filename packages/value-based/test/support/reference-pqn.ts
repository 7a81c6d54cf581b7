import type { PqnOptions } from '@gradus/value-based';
import type { Transition } from './scripted-env.ts';

/** One row of a minibatch. */
export interface ReturnRow {
  readonly observation: readonly number[];
  readonly action: number;
  readonly return: number;
}

const INPUTS = 2;
const HIDDEN = 3;
const CHOICES = 3;
/** The smallest action. */
const START = 1;

/** Parameters of a network with one hidden layer: weights [inputs × units] and biases of both layers, scale and shift between them. */
const sizes = {
  '0.0.weight': INPUTS * HIDDEN,
  '0.0.bias': HIDDEN,
  '0.1.scale': HIDDEN,
  '0.1.shift': HIDDEN,
  '1.weight': HIDDEN * CHOICES,
  '1.bias': CHOICES,
};

/** Parameters in one list, in the order of `sizes`. */
type Theta = readonly number[];

function parts(theta: Theta): Record<keyof typeof sizes, number[]> {
  let start = 0;
  const entries = Object.entries(sizes).map(([name, size]) => [name, theta.slice(start, (start += size))]);
  return Object.fromEntries(entries) as Record<keyof typeof sizes, number[]>;
}

function affine(x: readonly number[], weight: readonly number[], bias: readonly number[]): number[] {
  return bias.map((b, j) => x.reduce((sum, value, i) => sum + value * weight[i * bias.length + j], b));
}

/** q(s, ·): a hidden layer that is normalized before its ReLU, and a linear one. */
function valuesOf(theta: Theta, observation: readonly number[]): number[] {
  const all = parts(theta);
  const hidden = affine(observation, all['0.0.weight'], all['0.0.bias']);
  const mean = hidden.reduce((a, b) => a + b) / HIDDEN;
  const variance = hidden.reduce((sum, x) => sum + (x - mean) ** 2, 0) / HIDDEN;
  const normal = hidden.map(
    (x, j) => ((x - mean) / Math.sqrt(variance + 1e-5)) * all['0.1.scale'][j] + all['0.1.shift'][j],
  );
  return affine(
    normal.map((x) => Math.max(x, 0)),
    all['1.weight'],
    all['1.bias'],
  );
}

/** PQN in float64, written from its formulas and nothing else: the gradient is that of central differences. */
export class ReferencePqn {
  theta: Theta;
  private readonly moments: { m: number; v: number }[];
  private steps = 0;

  constructor(parameters: Readonly<Record<string, ArrayLike<number>>>) {
    this.theta = Object.keys(sizes).flatMap((name) => Array.from(parameters[name]));
    this.moments = this.theta.map(() => ({ m: 0, v: 0 }));
  }

  /**
   * The λ-return of the first of `steps`, those of one copy up to the end of a round: a mean over n of n-step returns, weighted by
   * (1 − λ) λⁿ⁻¹, in which the last one has what is left.
   */
  lambdaReturn(steps: readonly Transition[], { gamma, lambda }: PqnOptions): number {
    const end = steps.findIndex(({ terminated, truncated }) => terminated || truncated);
    const episode = end === -1 ? steps : steps.slice(0, end + 1);
    let [sum, discount, weight, result] = [0, 1, 1, 0];
    episode.forEach(({ reward, nextObservation, terminated }, k) => {
      sum += discount * reward;
      discount *= gamma;
      const nStepReturn = sum + (terminated ? 0 : discount * Math.max(...valuesOf(this.theta, nextObservation)));
      const isLast = k === episode.length - 1;
      result += (isLast ? weight : (1 - lambda) * weight) * nStepReturn;
      weight *= lambda;
    });
    return result;
  }

  /** Makes one minibatch step and returns its metrics. */
  update(rows: readonly ReturnRow[], learningRate: number, { maxGradNorm }: PqnOptions): Record<string, number> {
    const { theta, moments } = this;
    const chosen = (at: Theta, { observation, action }: ReturnRow): number => valuesOf(at, observation)[action - START];
    const mean = (of: (row: ReturnRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
    const lossAt = (at: Theta): number => mean((row) => (row.return - chosen(at, row)) ** 2);
    const width = 1e-5;
    const gradient = theta.map(
      (x, i) => (lossAt(theta.with(i, x + width)) - lossAt(theta.with(i, x - width))) / (2 * width),
    );
    const norm = Math.hypot(...gradient);
    const scale = maxGradNorm === null ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
    const metrics = {
      'train/loss': lossAt(theta),
      'train/q_value': mean((row) => chosen(theta, row)),
      'train/gradient_norm': norm,
    };
    const t = ++this.steps;
    const limit = 2 / 0.001 - 1;
    const rho = limit - (2 * t * 0.999 ** t) / (1 - 0.999 ** t);
    const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
    this.theta = theta.map((x, i) => {
      const g = gradient[i] * scale;
      const m = 0.9 * moments[i].m + 0.1 * g;
      const v = 0.999 * moments[i].v + 0.001 * g * g;
      moments[i] = { m, v };
      const adaptive = rho > 5 ? (r * Math.sqrt(1 - 0.999 ** t)) / (Math.sqrt(v) + 1e-8) : 1;
      return x - ((learningRate * m) / (1 - 0.9 ** t)) * adaptive;
    });
    return metrics;
  }
}

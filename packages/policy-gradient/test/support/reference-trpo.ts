import { solveLinearSystem } from '@gradus/core';
import { policyOf, valueOf, type LinearPolicy, type Row } from './reference-ppo.ts';

/**
 * TRPO for the linear networks of `reference-ppo.ts` in float64, written from its formulas: gradients are those of central differences, the
 * Fisher matrix is computed from its definition, and its equations are solved by elimination.
 */
export interface ReferenceTrpoOptions {
  readonly targetKl: number;
  readonly damping: number;
  /** 1 and no limits: the natural policy gradient. */
  readonly lineSearchSteps: number;
  readonly lineSearchFactor: number;
  readonly hasLimits: boolean;
  readonly normalizeAdvantage: boolean;
  readonly criticEpochs: number;
  readonly learningRate: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, xi, i) => sum + xi * y[i], 0);

function differences(f: (theta: readonly number[]) => number, theta: readonly number[], free: readonly number[]) {
  const width = 1e-5;
  return free.map((i) => (f(theta.with(i, theta[i] + width)) - f(theta.with(i, theta[i] - width))) / (2 * width));
}

/** Positions in θ of the policy's parameters, and of the critic's. */
export function positionsOf({ inputs, outputs, isContinuous }: LinearPolicy): { actor: number[]; critic: number[] } {
  const range = (start: number, length: number): number[] => Array.from({ length }, (_, i) => start + i);
  const critic = inputs * outputs + outputs;
  const noise = isContinuous ? range(critic + inputs + 1, outputs) : [];
  return { actor: [...range(0, critic), ...noise], critic: range(critic, inputs + 1) };
}

function logProbability(policy: LinearPolicy, theta: readonly number[], row: Pick<Row, 'observation' | 'action'>) {
  return policyOf(policy, theta, row).logProbability;
}

function advantagesOf(rows: readonly Row[], normalize: boolean): number[] {
  const raw = rows.map((row) => row.advantage);
  if (!normalize) return raw;
  const deviation = Math.sqrt(raw.reduce((sum, a) => sum + (a - mean(raw)) ** 2, 0) / (raw.length - 1));
  return raw.map((a) => (a - mean(raw)) / (deviation + 1e-8));
}

/** How much the surrogate is more under `theta` than under `old`, and E[KL(π_old ‖ π)]. */
export function outcomeOf(
  policy: LinearPolicy,
  old: readonly number[],
  theta: readonly number[],
  rows: readonly Row[],
  normalizeAdvantage: boolean,
): { gain: number; divergence: number } {
  const advantages = advantagesOf(rows, normalizeAdvantage);
  const ratio = (row: Row): number => Math.exp(logProbability(policy, theta, row) - logProbability(policy, old, row));
  return {
    gain: mean(rows.map((row, i) => (ratio(row) - 1) * advantages[i])),
    divergence: mean(rows.map(({ observation }) => divergence(policy, old, theta, observation))),
  };
}

function divergence(
  policy: LinearPolicy,
  old: readonly number[],
  theta: readonly number[],
  observation: readonly number[],
): number {
  const { inputs, outputs, isContinuous } = policy;
  if (!isContinuous) {
    const terms = Array.from({ length: outputs }, (_, action) => {
      const [p, q] = [old, theta].map((each) => logProbability(policy, each, { observation, action: [action] }));
      return Math.exp(p) * (p - q);
    });
    return terms.reduce((a, b) => a + b);
  }
  const terms = Array.from({ length: outputs }, (_, o) => {
    const [m, n] = [old, theta].map((each) =>
      observation.reduce((sum, x, i) => sum + x * each[i * outputs + o], each[inputs * outputs + o]),
    );
    const [l, k] = [old, theta].map((each) => each[each.length - outputs + o]);
    return k - l + (Math.exp(2 * l) + (m - n) ** 2) / (2 * Math.exp(2 * k)) - 0.5;
  });
  return terms.reduce((a, b) => a + b);
}

/** F over the policy's parameters, [n × n], by its definition; the moments of a Gaussian's scores are closed forms. */
function fisherMatrix(policy: LinearPolicy, theta: readonly number[], rows: readonly Row[]): Float64Array {
  const { inputs, outputs, isContinuous } = policy;
  const { actor } = positionsOf(policy);
  const n = actor.length;
  const fisher = new Float64Array(n * n);
  const addSquare = (score: readonly number[], weight: number): void => {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) fisher[i * n + j] += weight * score[i] * score[j];
  };
  for (const { observation } of rows) {
    for (let o = 0; o < outputs; o++) {
      if (isContinuous) {
        const slopes = actor.map((_, i) => {
          if (i < inputs * outputs) return i % outputs === o ? observation[Math.floor(i / outputs)] : 0;
          return i === inputs * outputs + o ? 1 : 0;
        });
        addSquare(slopes, 1 / (rows.length * Math.exp(2 * theta[theta.length - outputs + o])));
        fisher[(n - outputs + o) * (n + 1)] = 2;
      } else {
        const row = { observation, action: [o] };
        const score = differences((each) => logProbability(policy, each, row), theta, actor);
        addSquare(score, Math.exp(logProbability(policy, theta, row)) / rows.length);
      }
    }
  }
  return fisher;
}

/** (F + c I)⁻¹ g and g of a round. */
export function naturalDirection(
  policy: LinearPolicy,
  theta: readonly number[],
  rows: readonly Row[],
  { damping, normalizeAdvantage }: Pick<ReferenceTrpoOptions, 'damping' | 'normalizeAdvantage'>,
): { gradient: number[]; direction: Float64Array } {
  const { actor } = positionsOf(policy);
  const advantages = advantagesOf(rows, normalizeAdvantage);
  const objective = (each: readonly number[]): number =>
    mean(rows.map((row, i) => advantages[i] * logProbability(policy, each, row)));
  const gradient = differences(objective, theta, actor);
  const matrix = fisherMatrix(policy, theta, rows);
  for (let i = 0; i < actor.length; i++) matrix[i * (actor.length + 1)] += damping;
  const direction = Float64Array.from(gradient);
  if (!solveLinearSystem(matrix, direction)) throw new Error('the damped Fisher matrix is singular');
  return { gradient, direction };
}

/** Parameters, the critic's under Adam, and a round's update. */
export class ReferenceTrpo {
  readonly policy: LinearPolicy;
  theta: number[];
  private readonly moments: { m: number; v: number }[];
  private steps = 0;

  constructor(policy: LinearPolicy, theta: readonly number[]) {
    this.policy = policy;
    this.theta = [...theta];
    this.moments = positionsOf(policy).critic.map(() => ({ m: 0, v: 0 }));
  }

  /** Learns from a round, which is one minibatch of the critic, and returns the metrics. */
  update(rows: readonly Row[], options: ReferenceTrpoOptions): Record<string, number> {
    const { policy, theta } = this;
    const { actor } = positionsOf(policy);
    const { gradient, direction } = naturalDirection(policy, theta, rows, options);
    const alpha = Math.sqrt((2 * options.targetKl) / dot(gradient, direction));
    const entropy = mean(rows.map((row) => policyOf(policy, theta, row).entropy));
    let taken = { gain: 0, divergence: 0, fraction: 0 };
    for (let k = 0; k < options.lineSearchSteps && taken.fraction === 0; k++) {
      const fraction = options.lineSearchFactor ** k;
      const next = actor.reduce((all, at, i) => all.with(at, all[at] + fraction * alpha * direction[i]), theta);
      const outcome = outcomeOf(policy, theta, next, rows, options.normalizeAdvantage);
      if (options.hasLimits && !(outcome.divergence < options.targetKl && outcome.gain > 0)) continue;
      taken = { ...outcome, fraction };
      this.theta = next;
    }
    const losses = Array.from({ length: options.criticEpochs }, () => this.regress(rows, options.learningRate));
    return {
      'train/policy_loss': -taken.gain,
      'train/value_loss': mean(losses),
      'train/entropy': entropy,
      'train/kl': taken.divergence,
      ...(options.hasLimits && { 'train/step_fraction': taken.fraction }),
      'train/gradient_norm': Math.sqrt(dot(gradient, gradient)),
    };
  }

  /** One step of Adam on the critic; the loss before it. */
  private regress(rows: readonly Row[], learningRate: number): number {
    const { policy, theta, moments } = this;
    const { critic } = positionsOf(policy);
    const loss = (each: readonly number[]): number =>
      mean(rows.map((row) => (valueOf(policy, each, row.observation) - row.return) ** 2));
    const t = ++this.steps;
    const gradient = differences(loss, theta, critic);
    this.theta = critic.reduce((all, at, i) => {
      const m = 0.9 * moments[i].m + 0.1 * gradient[i];
      const v = 0.999 * moments[i].v + 0.001 * gradient[i] ** 2;
      moments[i] = { m, v };
      const change = (learningRate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-5);
      return all.with(at, all[at] - change);
    }, theta);
    return loss(theta);
  }
}

import type { PpoOptions } from '@gradus/policy-gradient';
import type { Transition } from './scripted-env.ts';

/**
 * PPO for linear networks in float64, written from its formulas and nothing else: the gradient is that of central differences.
 * Parameters θ are one list: actor weights [inputs × outputs], actor biases, critic weights, critic bias, log σ of continuous
 * actions, [outputs], or with state-dependent exploration [inputs × outputs].
 */
export interface LinearPolicy {
  readonly inputs: number;
  /** Choices of a discrete action, of all its elements together, or numbers of a continuous one. */
  readonly outputs: number;
  readonly isContinuous: boolean;
  /** Choices of each element of a discrete action. Default: there is one. */
  readonly counts?: readonly number[] | undefined;
  /** gSDE, whose features are the observation. Default false. */
  readonly stateDependent?: boolean | undefined;
}

/** One row of a minibatch. */
export interface Row {
  readonly observation: readonly number[];
  readonly action: readonly number[];
  readonly logProbability: number;
  readonly value: number;
  readonly advantage: number;
  readonly return: number;
  /** 0 for choices that are illegal. Default: all are legal. */
  readonly mask?: readonly number[] | undefined;
}

/** The options that matter for an update, schedules already evaluated. */
export interface ReferenceOptions extends Pick<
  PpoOptions,
  'entropyCoefficient' | 'valueCoefficient' | 'maxGradNorm' | 'normalizeAdvantage'
> {
  readonly learningRate: number;
  readonly clipRange: number;
  readonly clipRangeValue: number | null;
  /** Default 0. */
  readonly klCoefficient?: number | undefined;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, xi, i) => sum + xi * y[i], 0);

export function valueOf(
  { inputs, outputs }: LinearPolicy,
  theta: readonly number[],
  observation: readonly number[],
): number {
  const start = inputs * outputs + outputs;
  return dot(observation, theta.slice(start, start + inputs)) + theta[start + inputs];
}

/** log π(a|s) and the entropy of π(·|s). */
export function policyOf(
  { inputs, outputs, isContinuous, counts = [outputs], stateDependent = false }: LinearPolicy,
  theta: readonly number[],
  { observation, action, mask }: Pick<Row, 'observation' | 'action' | 'mask'>,
): { logProbability: number; entropy: number } {
  const y = Array.from({ length: outputs }, (_, o) =>
    observation.reduce((sum, x, i) => sum + x * theta[i * outputs + o], theta[inputs * outputs + o]),
  );
  if (isContinuous) {
    const logStd = stateDependent
      ? y.map((_, o) => {
          const logStds = theta.slice(theta.length - inputs * outputs);
          return (
            0.5 * Math.log(observation.reduce((v, x, i) => v + x ** 2 * Math.exp(2 * logStds[i * outputs + o]), 1e-6))
          );
        })
      : theta.slice(theta.length - outputs);
    const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
    const terms = y.map((m, i) => -0.5 * ((action[i] - m) / Math.exp(logStd[i])) ** 2 - logStd[i] - halfLogTwoPi);
    return {
      logProbability: terms.reduce((a, b) => a + b),
      entropy: logStd.reduce((sum, l) => sum + l + 0.5 + halfLogTwoPi, 0),
    };
  }
  const result = { logProbability: 0, entropy: 0 };
  let start = 0;
  counts.forEach((count, element) => {
    const legal = Array.from({ length: count }, (_, a) => a).filter((a) => mask?.[start + a] !== 0);
    const logits = legal.map((a) => y[start + a]);
    const logNormalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const logP = logits.map((logit) => logit - logNormalizer);
    result.logProbability += logP[legal.indexOf(action[element])];
    result.entropy -= dot(logP.map(Math.exp), logP);
    start += count;
  });
  return result;
}

/** The loss of a minibatch and what an update reports, in the names of the metrics. */
function lossOf(
  policy: LinearPolicy,
  theta: readonly number[],
  rows: readonly Row[],
  options: ReferenceOptions,
): { loss: number; metrics: Record<string, number> } {
  const { clipRange, clipRangeValue, normalizeAdvantage, klCoefficient = 0 } = options;
  const raw = rows.map((row) => row.advantage);
  const deviation = Math.sqrt(raw.reduce((sum, a) => sum + (a - mean(raw)) ** 2, 0) / (raw.length - 1));
  const advantages = normalizeAdvantage ? raw.map((a) => (a - mean(raw)) / (deviation + 1e-8)) : raw;
  const now = rows.map((row) => policyOf(policy, theta, row));
  const ratios = rows.map((row, i) => Math.exp(now[i].logProbability - row.logProbability));
  const surrogates = ratios.map((ratio, i) =>
    Math.min(ratio * advantages[i], clip(ratio, 1 - clipRange, 1 + clipRange) * advantages[i]),
  );
  const errors = rows.map((row) => {
    const value = valueOf(policy, theta, row.observation);
    if (clipRangeValue === null) return (value - row.return) ** 2;
    const clipped = row.value + clip(value - row.value, -clipRangeValue, clipRangeValue);
    return Math.max((value - row.return) ** 2, (clipped - row.return) ** 2);
  });
  const policyLoss = -mean(surrogates);
  const valueLoss = mean(errors);
  const entropy = mean(now.map((each) => each.entropy));
  const kl = mean(ratios.map((ratio) => ratio - 1 - Math.log(ratio)));
  return {
    loss: policyLoss + options.valueCoefficient * valueLoss - options.entropyCoefficient * entropy + klCoefficient * kl,
    metrics: {
      'train/policy_loss': policyLoss,
      'train/value_loss': valueLoss,
      'train/entropy': entropy,
      'train/approx_kl': kl,
      'train/clip_fraction': mean(ratios.map((ratio) => (Math.abs(ratio - 1) > clipRange ? 1 : 0))),
    },
  };
}

/** Parameters under Adam, and a minibatch step. */
export class ReferencePpo {
  readonly policy: LinearPolicy;
  theta: number[];
  private readonly moments: { m: number; v: number }[];
  private steps = 0;

  constructor(policy: LinearPolicy, theta: readonly number[]) {
    this.policy = policy;
    this.theta = [...theta];
    this.moments = theta.map(() => ({ m: 0, v: 0 }));
  }

  /** Makes one step and returns the metrics of its minibatch. */
  update(rows: readonly Row[], options: ReferenceOptions): Record<string, number> {
    const { policy, theta, moments } = this;
    const width = 1e-5;
    const lossAt = (i: number, change: number): number =>
      lossOf(policy, theta.with(i, theta[i] + change), rows, options).loss;
    const gradient = theta.map((_, i) => (lossAt(i, width) - lossAt(i, -width)) / (2 * width));
    const norm = Math.sqrt(dot(gradient, gradient));
    const scale = Math.min(1, options.maxGradNorm / (norm + 1e-6));
    const { metrics } = lossOf(policy, theta, rows, options);
    const t = ++this.steps;
    this.theta = theta.map((x, i) => {
      const g = gradient[i] * scale;
      const m = 0.9 * moments[i].m + 0.1 * g;
      const v = 0.999 * moments[i].v + 0.001 * g * g;
      moments[i] = { m, v };
      return x - (options.learningRate * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-5);
    });
    return { ...metrics, 'train/gradient_norm': norm };
  }
}

/** GAE(λ) of one environment's consecutive steps, by its definition as a sum of δ over the rest of the episode. */
export function advantagesOf(
  log: readonly Transition[],
  value: (observation: readonly number[]) => number,
  gamma: number,
  lambda: number,
): number[] {
  return log.map((_, start) => {
    let sum = 0;
    for (let k = start, weight = 1; k < log.length; k++, weight *= gamma * lambda) {
      const { observation, reward, nextObservation, terminated, truncated } = log[k];
      sum += weight * (reward + (terminated ? 0 : gamma * value(nextObservation)) - value(observation));
      if (terminated || truncated) break;
    }
    return sum;
  });
}

import type { RecurrentCell } from '../../src/recurrent-networks.ts';

/**
 * The networks and the loss of recurrent PPO in float64, one number at a time, written from their formulas: an LSTM or a GRU for the actor
 * and another for the critic, each with a linear layer behind it, discrete actions.
 */
export interface RecurrentPolicy {
  readonly cell: RecurrentCell;
  readonly inputs: number;
  readonly cellSize: number;
  readonly actions: number;
}

/** Parameters by the names of their file. */
export type Theta = Readonly<Record<string, readonly number[]>>;

/** One step of a sequence. */
interface SequenceRow {
  readonly observation: readonly number[];
  readonly episodeStart: number;
  readonly action: number;
  readonly logProbability: number;
  readonly value: number;
  readonly advantage: number;
  readonly return: number;
}

/** Consecutive steps of one copy, and what was remembered before them. */
export interface Sequence {
  readonly memory: readonly number[];
  readonly rows: readonly SequenceRow[];
}

/** The options that matter for the loss. */
export interface LossOptions {
  readonly clipRange: number;
  readonly clipRangeValue: number;
  readonly entropyCoefficient: number;
  readonly valueCoefficient: number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** Column j of vector · matrix, [vector × width]. */
function column(vector: readonly number[], matrix: readonly number[], j: number): number {
  const width = matrix.length / vector.length;
  return vector.reduce((sum, x, i) => sum + x * matrix[i * width + j], 0);
}

function cellStep(
  { cell, cellSize: n }: RecurrentPolicy,
  theta: Theta,
  name: string,
  x: readonly number[],
  state: readonly number[],
): number[] {
  const [weight, hiddenWeight, bias, hiddenBias] = ['weight', 'hiddenWeight', 'bias', 'hiddenBias'].map(
    (each) => theta[`${name}.${each}`],
  );
  const h = state.slice(0, n);
  const ofInput = (k: number, j: number): number => column(x, weight, k * n + j) + bias[k * n + j];
  const ofHidden = (k: number, j: number): number => column(h, hiddenWeight, k * n + j);
  if (cell === 'gru') {
    return h.map((old, j) => {
      const [reset, update] = [0, 1].map((k) => sigmoid(ofInput(k, j) + ofHidden(k, j)));
      return (1 - update) * Math.tanh(ofInput(2, j) + reset * (ofHidden(2, j) + hiddenBias[j])) + update * old;
    });
  }
  const gate = (k: number, j: number): number => ofInput(k, j) + ofHidden(k, j);
  const c = state.slice(n).map((old, j) => sigmoid(gate(1, j)) * old + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)));
  return [...c.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value)), ...c];
}

/** What the networks make of an observation, and remember after it. */
export function look(
  policy: RecurrentPolicy,
  theta: Theta,
  observation: readonly number[],
  memory: readonly number[],
): { readonly logProbabilities: number[]; readonly value: number; readonly memory: number[] } {
  const half = memory.length / 2;
  const acting = cellStep(policy, theta, 'actorMemory', observation, memory.slice(0, half));
  const valuing = cellStep(policy, theta, 'criticMemory', observation, memory.slice(half));
  const [forActor, forCritic] = [acting, valuing].map((state) => state.slice(0, policy.cellSize));
  const [bias, criticBias] = [theta['heads.actor.head.bias'], theta['heads.critic.0.bias']];
  const logits = bias.map((b, j) => column(forActor, theta['heads.actor.head.weight'], j) + b);
  const logNormalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return {
    logProbabilities: logits.map((logit) => logit - logNormalizer),
    value: column(forCritic, theta['heads.critic.0.weight'], 0) + criticBias[0],
    memory: [...acting, ...valuing],
  };
}

/** The loss of a minibatch of sequences. */
function lossOf(
  policy: RecurrentPolicy,
  theta: Theta,
  sequences: readonly Sequence[],
  { clipRange, clipRangeValue, entropyCoefficient, valueCoefficient }: LossOptions,
): number {
  const raw = sequences.flatMap(({ rows }) => rows.map((row) => row.advantage));
  const deviation = Math.sqrt(raw.reduce((sum, a) => sum + (a - mean(raw)) ** 2, 0) / (raw.length - 1));
  const terms = sequences.flatMap(({ memory, rows }) => {
    let remembered: readonly number[] = memory;
    return rows.map((row) => {
      if (row.episodeStart === 1) remembered = remembered.map(() => 0);
      const now = look(policy, theta, row.observation, remembered);
      remembered = now.memory;
      const advantage = (row.advantage - mean(raw)) / (deviation + 1e-8);
      const ratio = Math.exp(now.logProbabilities[row.action] - row.logProbability);
      const near = row.value + clip(now.value - row.value, -clipRangeValue, clipRangeValue);
      return {
        surrogate: Math.min(ratio * advantage, clip(ratio, 1 - clipRange, 1 + clipRange) * advantage),
        error: Math.max((now.value - row.return) ** 2, (near - row.return) ** 2),
        entropy: -now.logProbabilities.reduce((sum, log) => sum + Math.exp(log) * log, 0),
      };
    });
  });
  const [surrogate, error, entropy] = (['surrogate', 'error', 'entropy'] as const).map((name) =>
    mean(terms.map((term) => term[name])),
  );
  return -surrogate + valueCoefficient * error - entropyCoefficient * entropy;
}

/** Parameters under Adam with clipped gradients, which are those of central differences. */
export class ReferenceRecurrentPpo {
  readonly policy: RecurrentPolicy;
  theta: Theta;
  private readonly moments: Readonly<Record<string, { m: number; v: number }[]>>;
  private steps = 0;

  constructor(policy: RecurrentPolicy, theta: Theta) {
    this.policy = policy;
    this.theta = theta;
    this.moments = Object.fromEntries(
      Object.entries(theta).map(([name, values]) => [name, values.map(() => ({ m: 0, v: 0 }))]),
    );
  }

  update(sequences: readonly Sequence[], options: LossOptions, learningRate: number, maxGradNorm: number): void {
    const { policy, theta, moments } = this;
    const width = 1e-5;
    const gradients = Object.entries(theta).map(([name, values]) => {
      const lossAt = (i: number, change: number): number =>
        lossOf(policy, { ...theta, [name]: values.with(i, values[i] + change) }, sequences, options);
      return [name, values.map((_, i) => (lossAt(i, width) - lossAt(i, -width)) / (2 * width))] as const;
    });
    const norm = Math.hypot(...gradients.flatMap(([, gradient]) => gradient));
    const scale = Math.min(1, maxGradNorm / (norm + 1e-6));
    const t = ++this.steps;
    const next = gradients.map(([name, gradient]) => {
      const values = gradient.map((slope, i) => {
        const moment = moments[name][i];
        moment.m = 0.9 * moment.m + 0.1 * slope * scale;
        moment.v = 0.999 * moment.v + 0.001 * (slope * scale) ** 2;
        const step = moment.m / (1 - 0.9 ** t) / (Math.sqrt(moment.v / (1 - 0.999 ** t)) + 1e-5);
        return theta[name][i] - learningRate * step;
      });
      return [name, values] as const;
    });
    this.theta = Object.fromEntries(next);
  }
}

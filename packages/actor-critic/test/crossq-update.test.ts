import { constant, grad, mul, program, sum, variable } from '@gradus/tensor';
import { CrossQ, crossQDefaults, type CrossQOptions } from '@gradus/actor-critic';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { batchRenormalization } from '../src/batch-renormalization.ts';
import { drawsOfKey } from './support/draws-of-key.ts';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { unitAction } from './support/reference-deterministic.ts';
import { ReferenceAdam, gradientOf, mean, parametersOf } from './support/reference-networks.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const EPSILON = 1e-3;

/** r and d of a layer, through which no gradient flows. */
interface Correction {
  readonly r: readonly number[];
  readonly d: readonly number[];
}

/** μ, σ² and the number of steps. */
interface Statistics {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly steps: number;
}

function momentsOf(rows: readonly (readonly number[])[]): { m: number[]; v: number[] } {
  const columns = rows[0].map((_, j) => rows.map((row) => row[j]));
  const m = columns.map(mean);
  return {
    m,
    v: columns.map((column, j) => column.reduce((total, x) => total + (x - m[j]) ** 2, 0) / (rows.length - 1)),
  };
}

const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

function correctionOf(
  rows: readonly (readonly number[])[],
  { mean: mu, variance, steps }: Statistics,
  warmUp: number,
): Correction {
  const { m, v } = momentsOf(rows);
  if (!(steps > warmUp)) return { r: m.map(() => 1), d: m.map(() => 0) };
  const running = variance.map((s) => Math.sqrt(s + EPSILON));
  return {
    r: v.map((each, j) => clip(Math.sqrt(each + EPSILON) / running[j], 1 / 3, 3)),
    d: m.map((each, j) => clip((each - mu[j]) / running[j], -5, 5)),
  };
}

function followed(rows: readonly (readonly number[])[], { mean: mu, variance, steps }: Statistics): Statistics {
  const { m, v } = momentsOf(rows);
  return {
    mean: mu.map((x, j) => x + 0.01 * (m[j] - x)),
    variance: variance.map((x, j) => x + 0.01 * (v[j] - x)),
    steps: steps + 1,
  };
}

/** (x − m) / √v · r + d in training, (x − μ) / σ otherwise. */
function normalize(
  rows: readonly (readonly number[])[],
  statistics: Statistics,
  correction: Correction | undefined,
): number[][] {
  const { m, v } = correction ? momentsOf(rows) : { m: statistics.mean, v: statistics.variance };
  const { r, d } = correction ?? { r: m.map(() => 1), d: m.map(() => 0) };
  return rows.map((row) => row.map((x, j) => ((x - m[j]) / Math.sqrt(v[j] + EPSILON)) * r[j] + d[j]));
}

describe('batch renormalization', () => {
  const rows = [
    [1, -3],
    [2, 5],
    [4, 0.5],
    [-1, 2],
  ];
  test.each([0, 2])(
    'values, statistics and gradients are those of its formulas, with a warm-up of %d steps',
    (warmUpSteps) => {
      const layer = batchRenormalization(2, { warmUpSteps });
      const x = variable([4, 2], rows.flat());
      const weights = [0.3, -1, 0.7, 0.2, -0.4, 1.5, 0.9, -0.6];
      const train = program({}, () => {
        const y = layer.train(x);
        const loss = sum(mul(mul(y, y), constant([4, 2], weights)));
        return { y, gradient: grad(loss, [x])[0] };
      });
      const shown = program({}, () => ({ y: layer.apply(x) }));
      let statistics: Statistics = { mean: [0, 0], variance: [1, 1], steps: 0 };
      for (let step = 0; step < 5; step++) {
        // The second is far from what went before: both corrections meet their limits.
        const now = rows.map((row) => row.map((each) => (step === 1 ? 20 * each + 30 : each + step)));
        x.write(now.flat());
        const correction = correctionOf(now, statistics, warmUpSteps);
        const { y, gradient } = train.run();
        expectClose([...y], normalize(now, statistics, correction).flat(), 1e-4);
        const loss = (flat: readonly number[]): number => {
          const at = now.map((_, i) => flat.slice(2 * i, 2 * i + 2));
          return normalize(at, statistics, correction)
            .flat()
            .reduce((total, each, k) => total + weights[k] * each ** 2, 0);
        };
        expectClose([...gradient], gradientOf(loss, now.flat()), 1e-3);
        statistics = followed(now, statistics);
        expectClose([...layer.statistics.mean.read()], statistics.mean, 1e-5);
        expectClose([...layer.statistics.variance.read()], statistics.variance, 1e-5);
        expect(layer.statistics.steps.read()[0]).toBe(step + 1);
        expectClose([...shown.run().y], normalize(now, statistics, undefined).flat(), 1e-4);
      }
    },
  );
});

/** A network with one hidden layer of tanh: of each layer scale, shift, weights [input × output], biases. */
class ReferenceNetwork {
  theta: number[];
  statistics: Statistics[];
  private readonly sizes: readonly number[];

  constructor(sizes: readonly number[], theta: readonly number[]) {
    this.sizes = sizes;
    this.theta = [...theta];
    this.statistics = sizes.slice(0, -1).map((size) => {
      return { mean: new Array<number>(size).fill(0), variance: new Array<number>(size).fill(1), steps: 0 };
    });
  }

  /** Outputs, with `corrections` as in training, and what stands before each normalization. */
  forward(theta: readonly number[], rows: readonly (readonly number[])[], corrections?: readonly Correction[]) {
    let [values, start] = [rows, 0];
    const inputs: (readonly (readonly number[])[])[] = [];
    this.sizes.slice(1).forEach((output, layer) => {
      const input = this.sizes[layer];
      inputs.push(values);
      const normal = normalize(values, this.statistics[layer], corrections?.[layer]);
      const [scale, shift] = [theta.slice(start, start + input), theta.slice(start + input, start + 2 * input)];
      const first = start + 2 * input;
      values = normal.map((row) =>
        Array.from({ length: output }, (_, o) => {
          const total = row.reduce(
            (at, x, i) => at + (scale[i] * x + shift[i]) * theta[first + i * output + o],
            theta[first + input * output + o],
          );
          return layer === this.sizes.length - 2 ? total : Math.tanh(total);
        }),
      );
      start = first + (input + 1) * output;
    });
    return { outputs: values, inputs };
  }

  /** The corrections of a batch, layer by layer. */
  correctionsOf(rows: readonly (readonly number[])[], warmUp: number): Correction[] {
    const corrections: Correction[] = [];
    this.statistics.forEach((statistics, layer) => {
      const known = this.statistics.map((_, i) => corrections[i] ?? { r: [], d: [] });
      const { inputs } = this.forward(this.theta, rows, known.slice(0, layer));
      corrections.push(correctionOf(inputs[layer], statistics, warmUp));
    });
    return corrections;
  }

  /** Statistics after a batch. */
  follow(rows: readonly (readonly number[])[], corrections: readonly Correction[]): void {
    const { inputs } = this.forward(this.theta, rows, corrections);
    this.statistics = this.statistics.map((statistics, layer) => followed(inputs[layer], statistics));
  }
}

const [BATCH, RATE, DELAY] = [6, 0.02, 2];
const options: Partial<CrossQOptions> = {
  hidden: [3],
  criticHidden: [3],
  activation: 'tanh',
  learningRate: RATE,
  bufferSize: 20,
  learningStarts: 6,
  batchSize: BATCH,
  gamma: 0.9,
  trainFrequency: 2,
  gradientSteps: 2,
  policyDelay: DELAY,
  seed: 3,
};

/** a = tanh(u) and log N(u; m, σ²) − Σ log(1 − a²) of the actor's outputs. */
function draw(outputs: readonly number[], noise: readonly number[]) {
  const deviation = outputs.slice(2).map((x) => Math.exp(clip(x, -20, 2)));
  const action = noise.map((each, j) => Math.tanh(outputs[j] + deviation[j] * each));
  const logProbability = action.reduce(
    (total, a, j) =>
      total - 0.5 * noise[j] ** 2 - Math.log(deviation[j]) - 0.5 * Math.log(2 * Math.PI) - Math.log(1 - a * a),
    0,
  );
  return { action, logProbability };
}

test.each([crossQDefaults.warmUpSteps, 2])(
  'weights, statistics, temperature and metrics are those of a float64 implementation, warm-up %d',
  (warmUpSteps) => {
    const minibatches = recordMinibatches();
    const agent = new CrossQ(new ScriptedEnv(), { ...options, warmUpSteps });
    const saved = agent.checkpoint();
    const criticTheta = parametersOf(saved, 'critics');
    const half = criticTheta.length / 2;
    const actor = new ReferenceNetwork([2, 3, 4], parametersOf(saved, 'actor'));
    const critics = [0, half].map((from) => new ReferenceNetwork([4, 3, 1], criticTheta.slice(from, from + half)));
    let logAlpha = [0];
    const adam = {
      actor: new ReferenceAdam({ beta1: 0.5 }),
      critics: [0, 1].map(() => new ReferenceAdam({ beta1: 0.5 })),
      alpha: new ReferenceAdam(),
    };
    let [seen, updates] = [0, 0];
    for (const { metrics } of agent.learn({ steps: 20 })) {
      const reported: Record<string, number[]> = {};
      for (const { rows, key } of minibatches.slice(seen)) {
        // First at s′, then at s.
        const [nextNoise, noise] = drawsOfKey(key, 2, BATCH);
        const alpha = Math.exp(logAlpha[0]);
        const states = rows.map(({ observation }) => observation);
        const nextStates = rows.map(({ nextObservation }) => nextObservation);
        const next = actor.forward(actor.theta, nextStates).outputs.map((each, k) => draw(each, nextNoise[k]));
        const pairs = [
          ...rows.map(({ observation, action }) => [...observation, ...unitAction(action)]),
          ...nextStates.map((each, k) => [...each, ...next[k].action]),
        ];
        const corrections = critics.map((critic) => critic.correctionsOf(pairs, warmUpSteps));
        const both = critics.map((critic, i) =>
          critic.forward(critic.theta, pairs, corrections[i]).outputs.map(([q]) => q),
        );
        const y = rows.map(({ reward, discount }, k) => {
          const value = Math.min(...both.map((each) => each[BATCH + k]));
          return reward + discount * (value - alpha * next[k].logProbability);
        });
        const lossOf = (i: number, theta: readonly number[]): number =>
          mean(
            critics[i]
              .forward(theta, pairs, corrections[i])
              .outputs.slice(0, BATCH)
              .map(([q], k) => (y[k] - q) ** 2),
          );
        const report: Record<string, number> = {
          'train/value_loss': lossOf(0, critics[0].theta) + lossOf(1, critics[1].theta),
          'train/q_value': mean(both[0].slice(0, BATCH)),
          'train/entropy_coefficient': alpha,
        };
        critics.forEach((critic, i) => {
          const gradient = gradientOf((theta) => lossOf(i, theta), critic.theta);
          critic.follow(pairs, corrections[i]);
          critic.theta = adam.critics[i].step(critic.theta, gradient, RATE);
        });
        if (++updates % DELAY === 0) {
          const correction = actor.correctionsOf(states, warmUpSteps);
          const play = (theta: readonly number[]) =>
            actor.forward(theta, states, correction).outputs.map((each, k) => draw(each, noise[k]));
          const entropy = -mean(play(actor.theta).map(({ logProbability }) => logProbability));
          logAlpha = adam.alpha.step(logAlpha, [entropy + 2], RATE);
          const policyLoss = (theta: readonly number[]): number => {
            const played = play(theta);
            const chosen = states.map((each, k) => [...each, ...played[k].action]);
            const q = critics.map((critic) => critic.forward(critic.theta, chosen).outputs.map(([value]) => value));
            return mean(played.map(({ logProbability }, k) => alpha * logProbability - Math.min(q[0][k], q[1][k])));
          };
          report['train/policy_loss'] = policyLoss(actor.theta);
          report['train/entropy'] = entropy;
          const gradient = gradientOf(policyLoss, actor.theta);
          actor.follow(states, correction);
          actor.theta = adam.actor.step(actor.theta, gradient, RATE);
        }
        for (const [name, x] of Object.entries(report)) (reported[name] ??= []).push(x);
      }
      seen = minibatches.length;
      for (const [name, each] of Object.entries(reported)) expectClose([metrics[name]], [mean(each)], 1e-3);
      const checkpoint = agent.checkpoint();
      expectClose(parametersOf(checkpoint, 'actor'), actor.theta, 1e-3);
      expectClose(
        parametersOf(checkpoint, 'critics'),
        critics.flatMap(({ theta }) => theta),
        1e-3,
      );
      expectClose(parametersOf(checkpoint, 'entropyCoefficient'), logAlpha, 1e-3);
      const flat = (networks: readonly ReferenceNetwork[]): number[] =>
        networks.flatMap(({ statistics }) =>
          statistics.flatMap((each) => [...each.mean, ...each.variance, each.steps]),
        );
      expectClose(parametersOf(checkpoint, 'actorStatistics'), flat([actor]), 1e-3);
      expectClose(parametersOf(checkpoint, 'criticsStatistics'), flat(critics), 1e-3);
    }
    expect(updates).toBe(14);
  },
);

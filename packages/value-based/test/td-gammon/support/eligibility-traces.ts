import type { DiceGame } from '@gradus/value-based';

const OUTCOMES = 5;

/** A net with one hidden layer, all in float64: `0.weight` [inputs × hidden], `0.bias`, `1.weight` [hidden × 5], `1.bias`. */
export type Weights = Readonly<Record<'0.weight' | '0.bias' | '1.weight' | '1.bias', readonly number[]>>;
type Gradient = Record<keyof Weights, number[]>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** v(s), and its gradient for each of the five outcomes. */
function forward(weights: Weights, x: ArrayLike<number>): { values: number[]; gradients: Gradient[] } {
  const size = weights['0.bias'].length;
  const units = Array.from({ length: size }, (_, j) => {
    let sum = weights['0.bias'][j];
    for (let k = 0; k < x.length; k++) sum += x[k] * weights['0.weight'][k * size + j];
    return sigmoid(sum);
  });
  const values = Array.from({ length: OUTCOMES }, (_, i) => {
    return sigmoid(units.reduce((sum, h, j) => sum + h * weights['1.weight'][j * OUTCOMES + i], weights['1.bias'][i]));
  });
  const gradients = values.map((v, i): Gradient => {
    const slope = v * (1 - v);
    const back = units.map((h, j) => slope * weights['1.weight'][j * OUTCOMES + i] * h * (1 - h));
    return {
      '0.weight': Array.from(x).flatMap((xk) => back.map((b) => xk * b)),
      '0.bias': back,
      '1.weight': units.flatMap((h) => values.map((_, k) => (k === i ? slope * h : 0))),
      '1.bias': values.map((_, k) => (k === i ? slope : 0)),
    };
  });
  return { values, gradients };
}

/** The outcomes that the first player sees in what the second one sees, as weights of them and a constant. */
const seenByOther = [
  { from: 0, factor: -1, constant: 1 },
  { from: 3, factor: 1, constant: 0 },
  { from: 4, factor: 1, constant: 0 },
  { from: 1, factor: 1, constant: 0 },
  { from: 2, factor: 1, constant: 0 },
];

/**
 * The backward view of TD(λ) for a game, with fixed weights: Σ_t Σ_i δ_t,i e_t,i, where δ_t = v(s_{t+1}) − v(s_t), e_t = λ e_{t−1} + ∇v(s_t), and v is always what the player expects who began.
 */
export function lambdaUpdate(
  game: DiceGame,
  weights: Weights,
  afterstates: readonly Int8Array[],
  lambda: number,
): Gradient {
  const seen = afterstates.map((afterstate, t) => {
    const points = game.pointsWon(afterstate);
    const x = new Float32Array(game.inputs);
    game.writeInputs(afterstate, x, 0);
    const { values, gradients } = forward(weights, x);
    const outcome = points > 0 ? [1, Number(points > 1), Number(points > 2), 0, 0] : values;
    if (t % 2 === 0) return { values: outcome, gradients };
    return {
      values: seenByOther.map(({ from, factor, constant }) => constant + factor * outcome[from]),
      gradients: seenByOther.map(({ from, factor }) => scaled(gradients[from], factor)),
    };
  });
  const names = Object.keys(weights) as (keyof Weights)[];
  const zeros = (): Gradient => Object.fromEntries(names.map((name) => [name, weights[name].map(() => 0)])) as Gradient;
  const update = zeros();
  const traces = Array.from({ length: OUTCOMES }, zeros);
  for (let t = 0; t + 1 < seen.length; t++) {
    for (const [i, trace] of traces.entries()) {
      const error = seen[t + 1].values[i] - seen[t].values[i];
      for (const name of names) {
        for (const k of trace[name].keys()) {
          trace[name][k] = lambda * trace[name][k] + seen[t].gradients[i][name][k];
          update[name][k] += error * trace[name][k];
        }
      }
    }
  }
  return update;
}

function scaled(gradient: Gradient, factor: number): Gradient {
  return Object.fromEntries(
    Object.entries(gradient).map(([name, values]) => [name, values.map((value) => factor * value)]),
  ) as Gradient;
}

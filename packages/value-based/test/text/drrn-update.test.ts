import type { Dict } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';
import { Drrn } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { textGame } from '../support/text-game.ts';

const [VOCABULARY, SIZE, ROWS] = [9, 2, 4];
const options = {
  encoding: { kind: 'words' },
  embeddingSize: SIZE,
  hiddenSize: SIZE,
  batchSize: ROWS,
  learningRate: 0.1,
  maxGradNorm: null,
  seed: 4,
} as const;

/** One row of observations: texts of up to two words, and up to three actions of up to two. */
interface Row {
  readonly look: readonly number[];
  readonly score: number;
  readonly actions: readonly (readonly number[])[];
}

const rows: readonly Row[] = [
  { look: [3, 4], score: 0, actions: [[1], [2, 8]] },
  { look: [5], score: 0.5, actions: [[1, 6], [2], [7, 7]] },
  { look: [], score: 1, actions: [[8, 1]] },
  { look: [2], score: 0, actions: [[5], [3]] },
];
const nextRows: readonly Row[] = [
  { look: [6, 6], score: 0.5, actions: [[2], [1], [4, 4]] },
  // The game has ended.
  { look: [7], score: 1, actions: [] },
  { look: [1, 2], score: 1, actions: [[3]] },
  // The game goes on, but knows no action: all may be tried then.
  { look: [4, 4], score: 0.5, actions: [[], [], []] },
];
const batch = { actions: [1, 2, 0, 1], rewards: [0.5, 3, -2, 1], discounts: [0.9, 0, 0.81, 0.9] };

type Weights = Readonly<Record<string, Float64Array>>;

/** q(s, a) by its formula, in float64. */
function valuesOf({ look, score, actions }: Row, weights: Weights): number[] {
  const encode = (name: string, words: readonly number[]): number[] => {
    const [weight, bias] = [weights[`encoders.${name}.weight`], weights[`encoders.${name}.bias`]];
    const table = weights['encoders.words.weight'];
    const sum = [0, 1].map((k) => words.reduce((total, word) => total + table[SIZE * word + k], 0));
    return Array.from(bias, (b, j) =>
      Math.max(
        0,
        sum.reduce((total, x, k) => total + (x / Math.sqrt(Math.max(words.length, 1))) * weight[SIZE * k + j], b),
      ),
    );
  };
  const layer = (x: readonly number[], name: string): number[] => {
    const [weight, bias] = [weights[`${name}.weight`], weights[`${name}.bias`]];
    return Array.from(bias, (b, j) => x.reduce((total, value, k) => total + value * weight[bias.length * k + j], b));
  };
  const state = layer([...encode('look', look), score], 'state');
  return actions.map((words) => {
    const action = layer(encode('actions', words), 'action');
    return layer(
      action.map((x, j) => Math.max(0, x + state[j])),
      'value',
    )[0];
  });
}

function lossOf(online: Weights, target: Weights): { loss: number; errors: number[]; q: number[] } {
  const q = rows.map((row, i) => valuesOf(row, online)[batch.actions[i]]);
  const errors = rows.map((_, i) => {
    const next = nextRows[i].actions.length > 0 ? Math.max(...valuesOf(nextRows[i], target)) : 0;
    return batch.rewards[i] + batch.discounts[i] * next - q[i];
  });
  const losses = errors.map((error) => (Math.abs(error) <= 1 ? error ** 2 / 2 : Math.abs(error) - 0.5));
  return { loss: losses.reduce((sum, each) => sum + each, 0) / ROWS, errors, q };
}

function weightsOf(agent: Drrn, network: 'online' | 'target'): Weights {
  const tensors = decodeSafetensors(agent.checkpoint().files[`${network}.safetensors`]);
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float64Array.from(data)]));
}

/** As the environment lays an observation out. */
function flat(space: Dict, { look, score, actions }: Row): Float32Array {
  const padded = (words: readonly number[]): number[] => [...words, 0, 0].slice(0, 2);
  const places = [0, 1, 2].flatMap((i) => padded(actions.at(i) ?? []));
  return space.flatten({ actions: places, look: padded(look), score: [score] });
}

test('values, errors, loss and gradient are those of a float64 implementation', () => {
  const env = textGame({ vocabulary: VOCABULARY, maxActions: 3, maxWords: 2 });
  const agent = new Drrn(env, options);
  const space = env.observationSpace as Dict;
  const { update } = agent;
  const [online, target] = [weightsOf(agent, 'online'), weightsOf(agent, 'target')];
  const all = Float32Array.from(rows.flatMap((row) => [...flat(space, row)]));
  const expectedValues = rows.flatMap((row) => [...valuesOf(row, online), -Infinity, -Infinity].slice(0, 3));
  [...agent.actionValues(all)].forEach((value, i) => expect(value).toBeCloseTo(expectedValues[i], 5));

  (update.inputs.observations as Float32Array).set(all);
  (update.inputs.nextObservations as Float32Array).set(nextRows.flatMap((row) => [...flat(space, row)]));
  update.inputs.actions.set(batch.actions);
  update.inputs.rewards.set(batch.rewards);
  update.inputs.discounts.set(batch.discounts);
  update.inputs.learningRate.set([0.1]);
  const { metrics, errors } = update.run();
  const expected = lossOf(online, target);
  expected.errors.forEach((error, i) => expect(errors[i]).toBeCloseTo(error, 5));
  expect(metrics[0]).toBeCloseTo(expected.loss, 5);
  expect(metrics[1]).toBeCloseTo(expected.q.reduce((sum, each) => sum + each, 0) / ROWS, 5);

  // Central differences; and Adam's first step is the step size against the sign of each.
  const after = weightsOf(agent, 'online');
  let squares = 0;
  for (const [name, values] of Object.entries(online)) {
    for (let i = 0; i < values.length; i++) {
      const at = (change: number): number =>
        lossOf({ ...online, [name]: values.with(i, values[i] + change) }, target).loss;
      const gradient = (at(1e-6) - at(-1e-6)) / 2e-6;
      squares += gradient ** 2;
      const step = Math.abs(gradient) > 1e-5 ? -0.1 * Math.sign(gradient) : 0;
      expect(after[name][i] - values[i]).toBeCloseTo(step, 3);
    }
  }
  expect(metrics[2]).toBeCloseTo(Math.sqrt(squares), 5);
  expect(weightsOf(agent, 'target')).toEqual(target);
});

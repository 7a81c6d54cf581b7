import type { Dict } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';
import { Tdqn } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { textGame } from '../support/text-game.ts';

const [VOCABULARY, SIZE, ROWS, NOUNS] = [9, 2, 4, 3];
const SUPERVISED = 0.7;
const options = {
  encoding: { kind: 'words' },
  embeddingSize: SIZE,
  hiddenSize: SIZE,
  batchSize: ROWS,
  learningRate: 0.1,
  maxGradNorm: null,
  supervisedCoefficient: SUPERVISED,
  seed: 4,
} as const;

/** One row of observations: a text of up to two words, and up to three actions, each with a template and nouns for its holes. */
interface Row {
  readonly look: readonly number[];
  readonly score: number;
  readonly actions: readonly (readonly number[])[];
}

// Template 0 is none, there are two more; nouns are counted from 1.
const rows: readonly Row[] = [
  { look: [3, 4], score: 0, actions: [[1], [2, 1, 3]] },
  { look: [5], score: 0.5, actions: [[1, 2], [2, 2, 1], [0]] },
  { look: [], score: 1, actions: [[0]] },
  {
    look: [2],
    score: 0,
    actions: [
      [1, 3],
      [1, 1],
    ],
  },
];
const nextRows: readonly Row[] = [
  { look: [6, 6], score: 0.5, actions: [[1], [2, 2, 2], [0]] },
  // The game has ended.
  { look: [7], score: 1, actions: [] },
  // No noun can be used.
  { look: [1, 2], score: 1, actions: [[1]] },
  {
    look: [4, 4],
    score: 0.5,
    actions: [
      [1, 1],
      [1, 3],
    ],
  },
];
const batch = { actions: [1, 1, 0, 0], rewards: [0.5, 3, -2, 1], discounts: [0.9, 0, 0.81, 0.9] };

type Weights = Readonly<Record<string, Float64Array>>;

/** The values of templates, and of nouns in either hole, by their formulas, in float64. */
function valuesOf({ look, score }: Row, weights: Weights): readonly (readonly number[])[] {
  const layer = (x: readonly number[], name: string): number[] => {
    const [weight, bias] = [weights[`${name}.weight`], weights[`${name}.bias`]];
    return Array.from(bias, (b, j) => x.reduce((total, value, k) => total + value * weight[bias.length * k + j], b));
  };
  const relu = (x: readonly number[]): number[] => x.map((each) => Math.max(0, each));
  const table = weights['encoders.words.weight'];
  const mean = [0, 1].map(
    (k) => look.reduce((sum, word) => sum + table[SIZE * word + k], 0) / Math.sqrt(Math.max(look.length, 1)),
  );
  const state = relu(layer([...relu(layer(mean, 'encoders.look')), score], 'hidden'));
  return ['template', 'first', 'second'].map((name) => layer(state, name));
}

/** Those of a row's actions: which templates there are, and which nouns. */
function validOf({ actions }: Row): readonly [Set<number>, Set<number>] {
  const nouns = actions.flatMap(([, ...each]) => each).map((noun) => noun - 1);
  return [new Set(actions.map(([template]) => template)), new Set(nouns)];
}

function actionValue(row: Row, weights: Weights, [template, ...nouns]: readonly number[]): number {
  const [templates, ...holes] = valuesOf(row, weights);
  const parts = [templates[template], ...nouns.map((noun, k) => holes[k][noun - 1])];
  return parts.reduce((sum, each) => sum + each, 0) / parts.length;
}

function lossOf(online: Weights, target: Weights): { loss: number; supervised: number; errors: number[]; q: number } {
  const huber = (x: number): number => (Math.abs(x) <= 1 ? x ** 2 / 2 : Math.abs(x) - 0.5);
  const errors = rows.map((row, i) => {
    const [template, ...nouns] = row.actions[batch.actions[i]];
    const [validTemplates, validNouns] = validOf(nextRows[i]);
    const next = valuesOf(nextRows[i], target);
    return [template, ...nouns.map((noun) => noun - 1)].map((number, k) => {
      const valid = [...(k === 0 ? validTemplates : validNouns)].map((each) => next[k][each]);
      const follows = valid.length > 0 && batch.discounts[i] > 0 ? Math.max(...valid) : 0;
      return batch.rewards[i] + batch.discounts[i] * follows - valuesOf(row, online)[k][number];
    });
  });
  let supervised = 0;
  for (const row of rows) {
    const [validTemplates, validNouns] = validOf(row);
    for (const [k, values] of valuesOf(row, online).entries()) {
      const total = values.reduce((sum, each) => sum + Math.exp(each), 0);
      values.forEach((each, number) => {
        const p = Math.exp(each) / total;
        const isValid = (k === 0 ? validTemplates : validNouns).has(number);
        supervised -= Math.log(isValid ? p : 1 - p) / (ROWS * values.length);
      });
    }
  }
  const loss = errors.flat().reduce((sum, each) => sum + huber(each), 0) / ROWS;
  const q = rows.reduce((sum, row, i) => sum + actionValue(row, online, row.actions[batch.actions[i]]), 0) / ROWS;
  return { loss, supervised, q, errors: errors.map((each) => each.reduce((sum, error) => sum + Math.abs(error), 0)) };
}

function weightsOf(agent: Tdqn, network: 'online' | 'target'): Weights {
  const tensors = decodeSafetensors(agent.checkpoint().files[`${network}.safetensors`]);
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float64Array.from(data)]));
}

/** As the environment lays an observation out. */
function flat(space: Dict, { look, score, actions }: Row): Float32Array {
  const numbers = [0, 1, 2].flatMap((i) => [...(actions.at(i) ?? []), 0, 0, 0].slice(0, 3));
  // The words of actions say no more than which there are.
  const words = [0, 1, 2].flatMap((i) => [i < actions.length ? 1 + i : 0, 0]);
  return space.flatten({ actions: words, look: [...look, 0, 0].slice(0, 2), score: [score], templates: numbers });
}

test('values, errors, losses and gradient are those of a float64 implementation', () => {
  const env = textGame({ vocabulary: VOCABULARY, maxActions: NOUNS, maxWords: 2, hasTemplates: true });
  const agent = new Tdqn(env, options);
  const space = env.observationSpace as Dict;
  const { update } = agent;
  const [online, target] = [weightsOf(agent, 'online'), weightsOf(agent, 'target')];
  const all = Float32Array.from(rows.flatMap((row) => [...flat(space, row)]));
  const expectedValues = rows.flatMap((row) =>
    [0, 1, 2].map((i) => (row.actions.length > i ? actionValue(row, online, row.actions[i]) : -Infinity)),
  );
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
  expect(metrics[3]).toBeCloseTo(expected.supervised, 5);
  expect(metrics[1]).toBeCloseTo(expected.q, 5);

  // Central differences; and Adam's first step is the step size against the sign of each.
  const after = weightsOf(agent, 'online');
  let squares = 0;
  for (const [name, values] of Object.entries(online)) {
    for (let i = 0; i < values.length; i++) {
      const at = (change: number): number => {
        const { loss, supervised } = lossOf({ ...online, [name]: values.with(i, values[i] + change) }, target);
        return loss + SUPERVISED * supervised;
      };
      const gradient = (at(1e-6) - at(-1e-6)) / 2e-6;
      squares += gradient ** 2;
      const step = Math.abs(gradient) > 1e-5 ? -0.1 * Math.sign(gradient) : 0;
      expect(after[name][i] - values[i]).toBeCloseTo(step, 3);
    }
  }
  expect(metrics[2]).toBeCloseTo(Math.sqrt(squares), 5);
  expect(weightsOf(agent, 'target')).toEqual(target);
});

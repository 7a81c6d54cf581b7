import {
  Box,
  Discrete,
  MultiDiscrete,
  Random,
  elementChoices,
  policyDistribution,
  policyOutputs,
  type Space,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { fisherVectorProduct } from '../../src/natural-gradient/fisher-vector-product.ts';
import { flatten, parameterCount } from '../../src/programs/flat-parameters.ts';

const BATCH = 5;
const INPUT = 2;

/** Which of four actions are legal in each of the batch's states. */
const masks = [1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1];

interface Case {
  readonly space: Space;
  readonly masks?: readonly number[];
}

const cases: [string, Case][] = [
  ['softmax', { space: new Discrete(4) }],
  ['softmax over legal actions', { space: new Discrete(4), masks }],
  ['several softmaxes', { space: new MultiDiscrete([2, 3]) }],
  ['Gaussian', { space: new Box(-1, 1, [2]) }],
];

/** Information of the policy about its network's outputs z in one state, E_a[∂_z log π ∂_z log πᵀ], from its definition. */
function outputInformation(space: Space, z: readonly number[], logStd: readonly number[], legal: readonly number[]) {
  const information = z.map(() => z.map(() => 0));
  if (space.kind === 'box') {
    // E[((a − μ) / σ²)²] = 1 / σ²
    logStd.forEach((l, i) => (information[i][i] = Math.exp(-2 * l)));
    return information;
  }
  const counts = elementChoices(space)?.counts ?? [];
  let start = 0;
  for (const count of counts) {
    const weights = z.slice(start, start + count).map((logit, i) => legal[start + i] * Math.exp(logit));
    const total = weights.reduce((a, b) => a + b);
    const p = weights.map((weight) => weight / total);
    for (let action = 0; action < count; action++) {
      const score = p.map((pi, i) => (i === action ? 1 : 0) - pi);
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++) information[start + i][start + j] += p[action] * score[i] * score[j];
    }
    start += count;
  }
  return information;
}

/** A network 2-3-outputs with random weights, its policy in random states, and the two Fisher matrices [n × n]. */
function matricesOf({ space, masks: legal }: Case, seed: number): { product: number[][]; exact: number[][] } {
  const random = new Random(seed);
  const outputs = policyOutputs(space);
  const weight = t.normalInitializer(1);
  const network = t.mlp({ input: INPUT, hidden: [3], output: outputs, activation: 'tanh', weight, random });
  const isBox = space.kind === 'box';
  const logStd = t.variable(
    [space.size],
    Float32Array.from({ length: space.size }, () => random.uniform(-1, 0.5)),
  );
  const parameters = { ...network.parameters, ...(isBox && { logStd }) };
  const n = parameterCount(parameters);
  const states = Float32Array.from({ length: BATCH * INPUT }, () => random.normal());

  const program = t.program({ vector: [n] }, ({ vector }) => {
    const z = network(t.constant([BATCH, INPUT], states));
    const mask = legal && t.constant([BATCH, outputs], legal, 'bool');
    return { result: fisherVectorProduct(policyDistribution(space, z, logStd, mask), parameters, vector) };
  });
  const product = Array.from({ length: n }, (_, column) => {
    program.inputs.vector.fill(0);
    program.inputs.vector[column] = 1;
    return [...program.run().result];
  });

  // F = mean over states of Jᵀ M J, J = ∂z/∂θ by one first-order gradient for each output.
  const variables = Object.values(network.parameters);
  const exact = Array.from({ length: n }, () => Array.from({ length: n }, () => 0));
  const { z, jacobian } = t.evaluate(() => {
    const all = network(t.constant([BATCH, INPUT], states));
    const rows = Array.from({ length: BATCH * outputs }, (_, k) => {
      const one = t.slice(all, [Math.floor(k / outputs), k % outputs], [1, 1]);
      return flatten(t.grad(t.sum(one), variables));
    });
    return { z: all, jacobian: t.stack(rows) };
  });
  const width = parameterCount(network.parameters);
  for (let s = 0; s < BATCH; s++) {
    const own = (values: ArrayLike<number>): number[] =>
      Array.from({ length: outputs }, (_, i) => values[s * outputs + i]);
    const information = outputInformation(space, own(z), [...logStd.read()], own(legal ?? [...z].map(() => 1)));
    for (let i = 0; i < outputs; i++) {
      for (let j = 0; j < outputs; j++) {
        const [left, right] = [s * outputs + i, s * outputs + j].map((row) => row * width);
        for (let a = 0; a < width; a++)
          for (let b = 0; b < width; b++)
            exact[a][b] += (information[i][j] * jacobian[left + a] * jacobian[right + b]) / BATCH;
      }
    }
  }
  // E[(∂ log π / ∂ log σ)²] = E[(z² − 1)²] = 2
  for (let i = width; i < n; i++) exact[i][i] = 2;
  return { product, exact };
}

describe.each(cases)('%s', (_, policy) => {
  test.each([0, 1, 2])('the product with each unit vector is a column of E[∇ log π ∇ log πᵀ], seed %d', (seed) => {
    const { product, exact } = matricesOf(policy, seed);
    const largest = Math.max(...exact.flat().map(Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    exact.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(product[i][j] - value), `[${i}, ${j}]`).toBeLessThan(1e-5 * largest);
      });
    });
  });

  test('it is symmetric and has no negative curvature', () => {
    const { product } = matricesOf(policy, 3);
    const largest = Math.max(...product.flat().map(Math.abs));
    product.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(value - product[j][i])).toBeLessThan(1e-6 * largest);
      });
    });
    const random = new Random(0);
    for (let k = 0; k < 100; k++) {
      const v = product.map(() => random.normal());
      const curvature = product.reduce((sum, row, i) => sum + v[i] * row.reduce((dot, f, j) => dot + f * v[j], 0), 0);
      expect(curvature).toBeGreaterThan(-1e-6 * largest * v.length);
    }
  });
});

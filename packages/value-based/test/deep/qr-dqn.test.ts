import { Random } from '@gradus/core';
import {
  add,
  broadcastTo,
  constant,
  evaluate,
  grad,
  mean,
  program,
  sgd,
  sum,
  variable,
  type Tensor,
} from '@gradus/tensor';
import { expect, test } from 'vitest';
import { qrDqn } from '../../src/deep/qr-dqn.ts';
import { lossOf } from '../support/reference-heads.ts';

const distribution = { kind: 'quantile', quantiles: 4 } as const;
const options = { distribution, loss: 'huber' } as const;
const head = qrDqn(distribution);

test('two quantiles worked out by hand', () => {
  // θ = (0, 2), τ̂ = (¼, ¾), targets 1 + ½ (−4, 4) = (−1, 3): u = −1, 3 and −3, 1.
  // Row 0: ¾ · ½ and ¼ · 2½; row 1: ¼ · 2½ and ¾ · ½. Sum over predictions, mean over targets: 1.
  const { losses, values } = evaluate(() => {
    const two = qrDqn({ kind: 'quantile', quantiles: 2 });
    const prediction = constant([1, 2], [0, 2]);
    const compared = two.compare(prediction, constant([1, 2], [-4, 4]), constant([1], [1]), constant([1], [0.5]));
    return { losses: compared.losses, values: two.values(prediction) };
  });
  expect([losses[0], values[0]]).toEqual([1, 1]);
});

function compare(rows: readonly { next: number[]; reward: number; discount: number }[], prediction: Tensor): Tensor {
  const { losses, errors } = head.compare(
    prediction,
    constant(
      [rows.length, 4],
      rows.flatMap(({ next }) => next),
    ),
    constant(
      [rows.length],
      rows.map(({ reward }) => reward),
    ),
    constant(
      [rows.length],
      rows.map(({ discount }) => discount),
    ),
  );
  expect(errors).toBe(losses);
  return losses;
}

test('losses are those of the definition, their gradients those of central differences', () => {
  const random = new Random(4);
  const normals = (): number[] => Array.from({ length: 4 }, () => 2 * random.normal());
  const rows = Array.from({ length: 30 }, () => ({
    prediction: normals(),
    next: normals(),
    reward: random.normal(),
    discount: random.integer(2) * 0.9,
  }));
  const { losses, gradient } = evaluate(() => {
    const prediction = constant(
      [rows.length, 4],
      rows.flatMap((row) => row.prediction),
    );
    const compared = compare(rows, prediction);
    return { losses: compared, gradient: grad(sum(compared), [prediction])[0] };
  });
  rows.forEach(({ prediction, next, reward, discount }, row) => {
    const lossAt = (theta: readonly number[]) => lossOf(theta, next, reward, discount, options).loss;
    expect(losses[row]).toBeCloseTo(lossAt(prediction), 4);
    prediction.forEach((x, i) => {
      const width = 1e-6;
      const difference = lossAt(prediction.with(i, x + width)) - lossAt(prediction.with(i, x - width));
      expect(gradient[4 * row + i]).toBeCloseTo(difference / (2 * width), 3);
    });
  });
});

test('what minimizes it are the quantiles', () => {
  // Returns 0, 100, …, 9900: with κ = 1 the loss is all but linear between them.
  const theta = variable([1, 4]);
  const optimizer = sgd({ theta });
  const inputs = { learningRate: [], next: [25, 4] } as const;
  const update = program(inputs, ({ learningRate, next }) => {
    const zeros = constant([25], new Float32Array(25));
    const { losses } = head.compare(broadcastTo(theta, [25, 4]), next, zeros, add(zeros, 1));
    optimizer.minimize(mean(losses), { learningRate });
    return {};
  });
  update.inputs.next.set(Float32Array.from({ length: 100 }, (_, i) => 100 * i));
  for (let step = 0; step < 4000; step++) {
    update.inputs.learningRate[0] = 2000 * 0.998 ** step;
    update.run();
  }
  // An eighth, three eighths, … of the returns lie below.
  const quantiles = [1250, 3750, 6250, 8750];
  theta.read().forEach((x, i) => {
    expect(Math.abs(x - quantiles[i])).toBeLessThan(60);
  });
});

import { Random } from '@gradus/core';
import { constant, evaluate, grad, sum } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { c51 } from '../../src/deep/c51.ts';
import { lossOf, projected, softmax, supportOf, valueOf } from '../support/reference-heads.ts';

const distribution = { kind: 'categorical', atoms: 5, low: -2, high: 6 } as const;
const head = c51(distribution);
const options = { distribution, loss: 'huber' } as const;

/** Rows of made-up outputs, rewards that reach beyond the support, and discounts of which some are 0. */
function madeUp(seed: number, rows: number) {
  const random = new Random(seed);
  const normals = (): number[] => Array.from({ length: 5 }, () => 2 * random.normal());
  return Array.from({ length: rows }, () => ({
    prediction: normals(),
    next: normals(),
    reward: 3 * random.normal(),
    discount: random.integer(2) * 0.9,
  }));
}

test('values, losses and errors are those of the definitions', () => {
  const rows = madeUp(2, 40);
  const column = (pick: (row: (typeof rows)[0]) => number) => constant([rows.length], rows.map(pick));
  const table = (pick: (row: (typeof rows)[0]) => number[]) => constant([rows.length, 5], rows.flatMap(pick));
  const { losses, errors, values } = evaluate(() => {
    const prediction = table((row) => row.prediction);
    const followed = table((row) => row.next);
    const compared = head.compare(
      prediction,
      followed,
      column((row) => row.reward),
      column((row) => row.discount),
    );
    return { ...compared, values: head.values(prediction) };
  });
  rows.forEach(({ prediction, next, reward, discount }, i) => {
    const { loss, error } = lossOf(prediction, next, reward, discount, options);
    expect(losses[i]).toBeCloseTo(loss, 4);
    expect(errors[i]).toBeCloseTo(error, 4);
    expect(values[i]).toBeCloseTo(valueOf(prediction, options), 5);
  });
});

test('the gradient with respect to the logits is p − m', () => {
  for (const { prediction, next, reward, discount } of madeUp(3, 10)) {
    const gradient = evaluate(() => {
      const logits = constant([1, 5], prediction);
      const { losses } = head.compare(
        logits,
        constant([1, 5], next),
        constant([1], [reward]),
        constant([1], [discount]),
      );
      return grad(sum(losses), [logits])[0];
    });
    const target = projected(softmax(next), reward, discount, distribution);
    softmax(prediction).forEach((p, i) => {
      expect(gradient[i]).toBeCloseTo(p - target[i], 5);
    });
  }
});

test('the support goes from low to high', () => {
  expect(supportOf(distribution)).toEqual([-2, 0, 2, 4, 6]);
  const certain = (atom: number) => Array.from({ length: 5 }, (_, i) => (i === atom ? 50 : 0));
  const values = evaluate(() => head.values(constant([5, 5], [0, 1, 2, 3, 4].flatMap(certain))));
  // The logits leave e⁻⁵⁰ for other atoms.
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(2 * i - 2, 10);
  });
});

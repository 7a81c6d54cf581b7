import type { Device, Tensor, TensorData } from '@gradus/tensor';
import * as g from '@gradus/tensor';
import { tensorflow } from '@gradus/tfjs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Case, CaseInput, Family } from './support/cases.ts';
import { elementwise, integers } from './support/cases.ts';
import type { TestRandom } from './support/random.ts';
import { testRandom } from './support/random.ts';
import { arrangements, products, reductions } from './support/structured-cases.ts';

/**
 * Every operation and its gradient, on every device, against TensorFlow.js: results against its operations, gradients
 * against its own automatic differentiation of an expression written independently.
 *
 * Tolerances are relative to the largest element compared (at least 1): both sides compute in single precision, and sum in
 * different orders.
 */
const tolerance = 2e-5;
/** Between the embedded devices. They share their formulas, but native code has fused multiply-adds. */
const deviceTolerance = 1e-5;

const casesPerFamily = 5;
const devices: readonly Device[] = [await tensorflow({ backend: 'cpu' }), g.device('wasm'), g.device('native')];

/** How the elements of an input lie in memory: in order, with axes swapped, or inside something larger. */
type Layout = 'plain' | 'transposed' | 'sliced';

function storedShape({ shape }: CaseInput, layout: Layout): number[] {
  if (layout === 'transposed') return shape.toReversed();
  return layout === 'sliced' ? shape.map((extent) => extent + 2) : [...shape];
}

function ourView(stored: Tensor, { shape }: CaseInput, layout: Layout): Tensor {
  const axes = shape.map((_, axis) => axis);
  if (layout === 'transposed') return g.transpose(stored, axes.toReversed());
  return layout === 'sliced'
    ? g.slice(
        stored,
        shape.map(() => 1),
        shape,
      )
    : stored;
}

function theirView(stored: tf.Tensor, { shape }: CaseInput, layout: Layout): tf.Tensor {
  const axes = shape.map((_, axis) => axis);
  if (layout === 'transposed') return tf.transpose(stored, axes.toReversed());
  return layout === 'sliced'
    ? tf.slice(
        stored,
        shape.map(() => 1),
        [...shape],
      )
    : stored;
}

function valuesOf({ below, range = [-2, 2] }: CaseInput, size: number, random: TestRandom): TensorData {
  if (below !== undefined) return Int32Array.from({ length: size }, () => random.integer(below));
  return Float32Array.from({ length: size }, () => range[0] + (range[1] - range[0]) * random.nextFloat());
}

/** A case with its data. */
interface Instance {
  readonly subject: Case;
  readonly layouts: readonly Layout[];
  readonly data: readonly TensorData[];
  /** Weights of the sum whose gradient is compared. */
  readonly weights: Float32Array;
}

function instantiate(family: Family, random: TestRandom): Instance {
  const subject = family(random);
  const layouts = subject.inputs.map(({ below }) =>
    below === undefined ? random.pick(['plain', 'plain', 'transposed', 'sliced'] as const) : 'plain',
  );
  const data = subject.inputs.map((input, i) => valuesOf(input, g.sizeOf(storedShape(input, layouts[i])), random));
  return { subject, layouts, data, weights: Float32Array.from({ length: 60_000 }, () => random.nextFloat() + 0.2) };
}

/** The result and the gradients with respect to the float inputs. */
interface Answer {
  readonly result: TensorData;
  readonly gradients: readonly TensorData[];
}

function ourAnswer({ subject, layouts, data, weights }: Instance, on: Device): Answer {
  const specs: Record<string, g.InputSpec> = {};
  subject.inputs.forEach((input, i) => {
    specs[`i${i}`] = {
      shape: storedShape(input, layouts[i]),
      dtype: input.below === undefined ? 'float32' : 'int32',
    };
  });
  const compiled = g.program(
    specs,
    (stored) => {
      const nodes = subject.inputs.map((_, i) => stored[`i${i}`]);
      const result = subject.ours(...nodes.map((node, i) => ourView(node, subject.inputs[i], layouts[i])));
      if (result.dtype !== 'float32') return { result };
      const weight = g.constant(result.shape, weights.subarray(0, g.sizeOf(result.shape)));
      const floats = nodes.filter(({ dtype }) => dtype === 'float32');
      const gradients = g.grad(g.sum(g.mul(result, weight)), floats);
      return { result, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient])) };
    },
    { device: on },
  );
  Object.values(compiled.inputs).forEach((input, i) => {
    input.set(data[i]);
  });
  const { result, ...gradients } = Object.fromEntries(Object.entries(compiled.run()).map(([k, x]) => [k, x.slice()]));
  compiled.dispose();
  return { result, gradients: Object.values(gradients) };
}

function theirAnswer({ subject, layouts, data, weights }: Instance): Answer {
  return tf.tidy(() => {
    const stored = subject.inputs.map((input, i) =>
      tf.tensor(data[i], storedShape(input, layouts[i]), input.below === undefined ? 'float32' : 'int32'),
    );
    const apply = (tensors: readonly tf.Tensor[]): tf.Tensor =>
      subject.theirs(...tensors.map((tensor, i) => theirView(tensor, subject.inputs[i], layouts[i])));
    const result = apply(stored);
    const floats = stored.filter(({ dtype }) => dtype === 'float32');
    const loss = (...inputs: tf.Tensor[]): tf.Scalar => {
      const all = stored.map((tensor) => (tensor.dtype === 'float32' ? inputs.shift()! : tensor));
      const value = apply(all);
      return tf.sum(tf.mul(value, tf.tensor(weights.subarray(0, value.size), value.shape)));
    };
    const gradients = result.dtype === 'float32' && floats.length > 0 ? tf.grads(loss)(floats) : [];
    return {
      result: Float32Array.from(result.dataSync()),
      gradients: gradients.map((gradient) => Float32Array.from(gradient.dataSync())),
    };
  });
}

/** Largest difference relative to the largest element; infinite where sizes differ or something is not a number. */
function difference(actual: TensorData, expected: TensorData): number {
  if (actual.length !== expected.length) return Infinity;
  let [largest, scale] = [0, 1];
  expected.forEach((value, i) => {
    const distance = Math.abs(value - actual[i]);
    largest = Math.max(largest, Number.isNaN(distance) ? Infinity : distance);
    scale = Math.max(scale, Math.abs(value));
  });
  return largest / scale;
}

function distance(actual: Answer, expected: Answer): number {
  if (actual.gradients.length !== expected.gradients.length) return Infinity;
  return Math.max(
    difference(actual.result, expected.result),
    ...actual.gradients.map((gradient, i) => difference(gradient, expected.gradients[i])),
  );
}

const groups = { elementwise, integers, reductions, products, arrangements };

describe.each(Object.entries(groups))('%s', (group, families) => {
  test.each(Object.entries(families))('%s', (name, family) => {
    const random = testRandom(Object.keys(families).indexOf(name));
    for (let i = 0; i < casesPerFamily; i++) {
      const instance = instantiate(family, random);
      const description = JSON.stringify({ inputs: instance.subject.inputs, layouts: instance.layouts });
      const expected = theirAnswer(instance);
      const answers = devices.map((device) => ourAnswer(instance, device));
      answers.forEach((answer, which) => {
        const exact = group === 'integers' && name !== 'div';
        const limit = exact ? 0 : tolerance;
        expect(distance(answer, expected), `${devices[which].name} ${description}`).toBeLessThanOrEqual(limit);
      });
      expect(distance(answers[1], answers[2]), `wasm and native ${description}`).toBeLessThan(deviceTolerance);
    }
  });
});

test('random numbers have the same bits on all devices', () => {
  const draw = (on: Device): unknown =>
    g.evaluate(
      () => ({
        uniform: g.randomUniform(g.constant([2], [12345, -6], 'int32'), [7, 13]),
        other: g.randomUniform(g.constant([2], [12345, -6], 'int32'), [33]),
      }),
      { device: on },
    );
  for (const each of devices) expect(draw(each)).toEqual(draw(devices[1]));
});

test('there are at least 200 cases', () => {
  const families = Object.values(groups).reduce((total, group) => total + Object.keys(group).length, 0);
  expect(families * casesPerFamily).toBeGreaterThanOrEqual(200);
});

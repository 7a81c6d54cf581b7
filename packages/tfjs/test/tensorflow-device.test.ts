import type { Tensor } from '@gradus/tensor';
import {
  add,
  adam,
  asTensor,
  assign,
  constant,
  device,
  embedding,
  evaluate,
  gather,
  less,
  matmul,
  mean,
  mlp,
  mul,
  program,
  scatterAdd,
  sliceAt,
  square,
  sub,
  updateAt,
  variable,
} from '@gradus/tensor';
import { TensorflowDevice, tensorflow } from '@gradus/tfjs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { testRandom } from './support/random.ts';

const cpu = await tensorflow({ backend: 'cpu' });

describe('tensorflow()', () => {
  test('gives the same device for the same backend', async () => {
    expect(await tensorflow({ backend: 'cpu' })).toBe(cpu);
    expect(cpu).toBeInstanceOf(TensorflowDevice);
    expect(cpu.name).toBe('tfjs-cpu');
  });

  test('finds a backend by itself', async () => {
    const found = await tensorflow();
    expect(evaluate(() => add(constant([1], [1]), 1), { device: found })).toEqual(Float32Array.of(2));
  });

  test('says why tfjs-node cannot be used and what to do, or uses it', async () => {
    const native = await tensorflow({ backend: 'tensorflow' }).catch((error: unknown) => error);
    if (native instanceof TensorflowDevice) {
      expect(evaluate(() => add(constant([1], [1]), 1), { device: native })).toEqual(Float32Array.of(2));
    } else {
      expect(String(native)).toMatch(
        /^Error: TensorFlow.js backend 'tensorflow' is not available: .+; install @tensorflow\/tfjs-node/,
      );
    }
  });

  test('says which backends exist, and which package to import for one that is not registered', async () => {
    await expect(tensorflow({ backend: 'gpu' as 'cpu' })).rejects.toThrow(
      `tensorflow: expected backend to be one of 'tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu', got "gpu"`,
    );
    await expect(tensorflow({ backend: 'webgpu' })).rejects.toThrow(
      "backend 'webgpu' is not available: it is not registered; install @tensorflow/tfjs-backend-webgpu and import it before",
    );
  });

  test('leaves the PROD flag of TensorFlow.js as it was', async () => {
    const before = tf.env().getBool('PROD');
    await tensorflow({ backend: 'cpu' });
    expect(tf.env().getBool('PROD')).toBe(before);
  });
});

describe('programs', () => {
  test('keep inputs, and assign variables at the end', () => {
    const a = variable([2], [1, 2], { name: 'a' });
    const b = variable([2], [10, 20], { name: 'b' });
    const swap = program(
      { x: [2] },
      ({ x }) => {
        const [first, second] = [asTensor(a), asTensor(b)];
        assign(a, second);
        assign(b, add(first, x));
        return { before: first, after: add(a, 0) };
      },
      { device: cpu },
    );
    swap.inputs.x.set([100, 200]);
    expect(swap.run()).toEqual({ before: Float32Array.of(1, 2), after: Float32Array.of(10, 20) });
    expect([a.read(), b.read()]).toEqual([Float32Array.of(10, 20), Float32Array.of(101, 202)]);
    swap.run();
    expect([a.read(), b.read()]).toEqual([Float32Array.of(101, 202), Float32Array.of(110, 220)]);
    b.write([0, 0]);
    swap.run();
    expect(a.read()).toEqual(Float32Array.of(0, 0));
  });

  test('assigned inputs do not change with later writes', () => {
    const kept = variable([2]);
    const remember = program(
      { x: [2] },
      ({ x }) => {
        assign(kept, x);
        return { x };
      },
      { device: cpu },
    );
    remember.inputs.x.set([1, 2]);
    remember.run();
    remember.inputs.x.set([3, 4]);
    expect(kept.read()).toEqual(Float32Array.of(1, 2));
  });

  test('give bools as 0 and 1, and read them so', () => {
    const flags = program(
      { mask: { shape: [3], dtype: 'bool' }, x: [3] },
      ({ mask, x }) => ({ mask, less: less(x, 1) }),
      { device: cpu },
    );
    flags.inputs.mask.set([1, 0, 1]);
    flags.inputs.x.set([0, 1, 2]);
    expect(flags.run()).toEqual({ mask: Int32Array.of(1, 0, 1), less: Int32Array.of(1, 0, 0) });
  });

  test('refuse indices outside', () => {
    const table = (): Tensor => constant([2, 2], [1, 2, 3, 4]);
    const index = (i: number): Tensor => constant([1], [i], 'int32');
    const cases: readonly [string, () => Tensor][] = [
      ['gather: expected an index of at least 0 and less than 2, got 2', () => embedding(table(), index(2))],
      [
        'gather: expected an index of at least 0 and less than 2, got -1',
        () => gather(table(), constant([2], [-1, 0], 'int32')),
      ],
      [
        'scatterAdd: expected an index of at least 0 and less than 2, got 5',
        () => scatterAdd(constant([1, 2], [1, 2]), index(5), [2, 2]),
      ],
      [
        'sliceAt: expected an index of at least 0 and less than 1, got 1',
        () => sliceAt(table(), index(1), { size: 2 }),
      ],
      [
        'updateAt: expected an index of at least 0 and less than 2, got -2',
        () => updateAt(table(), constant([1, 2], [1, 2]), index(-2)),
      ],
    ];
    for (const [message, build] of cases) {
      for (const each of [cpu, device('wasm')]) expect(() => evaluate(build, { device: each })).toThrow(message);
    }
  });

  test('cannot use variables of another device, nor run once disposed', () => {
    const shared = variable([1], [1], { name: 'shared' });
    evaluate(() => add(shared, 1), { device: device('wasm') });
    expect(() => evaluate(() => add(shared, 1), { device: cpu })).toThrow("variable 'shared' lives on device 'wasm'");
    const once = program({}, () => ({ y: constant([1], [1]) }), { device: cpu });
    once.dispose();
    once.dispose();
    expect(() => once.run()).toThrow('this program was disposed');
  });
});

test('training leaks no tensors, and gives all back', () => {
  const start = tf.memory().numTensors;
  const random = testRandom(3);
  const net = mlp({ input: 2, hidden: [8], output: 1, activation: 'tanh', random });
  const optimizer = adam(net.parameters, { learningRate: 0.02 });
  const update = program(
    { x: [16, 2], y: [16, 1] },
    ({ x, y }) => {
      const loss = mean(square(sub(net(x), y)));
      return { loss, ...optimizer.minimize(loss) };
    },
    { device: cpu },
  );
  const step = (): number => {
    for (let i = 0; i < 16; i++) {
      const [a, b] = [random.normal(), random.normal()];
      update.inputs.x.set([a, b], 2 * i);
      update.inputs.y[i] = a * b;
    }
    return update.run().loss[0];
  };
  const first = step();
  const held = tf.memory().numTensors;
  let last = first;
  for (let i = 0; i < 100; i++) last = step();
  expect(tf.memory().numTensors).toBe(held);
  expect(last).toBeLessThan(first);
  update.dispose();
  for (const each of Object.values({ ...net.parameters, ...optimizer.state })) each.dispose();
  expect(tf.memory().numTensors).toBe(start);
});

test('a run that fails leaks nothing and changes no variable', () => {
  const count = variable([1], [0]);
  const failing = program(
    { index: { shape: [1], dtype: 'int32' } },
    ({ index }) => {
      assign(count, add(count, 1));
      return {
        row: embedding(constant([2, 1], [5, 6]), index),
        product: matmul(constant([1, 1], [2]), mul(constant([1, 1], [3]), count)),
      };
    },
    { device: cpu },
  );
  const held = tf.memory().numTensors;
  failing.inputs.index[0] = 7;
  expect(() => failing.run()).toThrow(RangeError);
  expect(tf.memory().numTensors).toBe(held);
  expect(count.read()).toEqual(Float32Array.of(0));
});

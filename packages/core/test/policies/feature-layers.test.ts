import {
  constant,
  convolution,
  evaluate,
  flatten,
  grad,
  linear,
  reshape,
  sequential,
  sizeOf,
  square,
  sum,
  type Module,
  type Parameters,
} from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { createActorCritic } from '../../src/policies/actor-critic-networks.ts';
import {
  dictFeatures,
  featureLayers,
  pictureLayers,
  type FeatureLayerOptions,
  type LayerMakers,
} from '../../src/policies/feature-layers.ts';
import { Random } from '../../src/random/random.ts';
import { observationFeatures } from '../../src/spaces/observation-features.ts';
import { Box, Dict, Discrete, MultiBinary, type Space } from '../../src/spaces/spaces.ts';

const picture = (height: number, width: number, channels: number): Box =>
  new Box(0, 255, [height, width, channels], { dtype: 'uint8' });

const random = new Random(1);
const make: LayerMakers = {
  convolution: (shape) => convolution({ ...shape, activation: 'relu', random }),
  linear: (shape) => linear({ ...shape, activation: 'relu', random }),
};

function build(space: Space, options: Partial<FeatureLayerOptions> = {}): { module: Module; size: number } {
  const [layers, size] = featureLayers(space, options, make);
  return { module: sequential(layers), size };
}

const count = (parameters: Parameters): number =>
  Object.values(parameters).reduce((total, { shape }) => total + sizeOf(shape), 0);
const shapes = (parameters: Parameters): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));

describe('pictures, by default', () => {
  test('NatureCNN: 84 × 84 × 4 has the 1,684,128 parameters of the paper before its outputs', () => {
    const { module, size } = build(picture(84, 84, 4));
    // 8 · 8 · 4 · 32 + 32, 4 · 4 · 32 · 64 + 64, 3 · 3 · 64 · 64 + 64
    expect(count(module.parameters)).toBe(8224 + 32_832 + 36_928);
    expect(size).toBe(7 * 7 * 64);
    const spaces = { observationSpace: picture(84, 84, 4), actionSpace: new Discrete(4) };
    const networks = createActorCritic(spaces, { orthogonalInitialization: false }, random);
    const hidden = 3136 * 512 + 512;
    const body = 8224 + 32_832 + 36_928 + hidden;
    expect(body).toBe(1_684_128);
    expect(count(networks.actorParameters)).toBe(body + 512 * 4 + 4);
    expect(count(networks.criticParameters)).toBe(body + 512 + 1);
    networks.dispose();
  });

  test.each<[string, Space, number | undefined]>([
    ['36 × 36, all that NatureCNN can do with', picture(36, 36, 3), 64],
    ['35 × 90: 16 filters 3 × 3', picture(35, 90, 1), 33 * 88 * 16],
    ["10 × 10 × 4, MinAtar's", new Box(0, 1, [10, 10, 4], { dtype: 'uint8' }), 1024],
    ['real numbers', new Box(-1, 1, [3, 3, 2]), 16],
    ['2 × 9: none', picture(2, 9, 1), undefined],
    ['no channels', new Box(0, 255, [84, 84], { dtype: 'uint8' }), undefined],
    ['four frames of 84 × 84 along the first axis', new Box(0, 255, [4, 84, 84], { frameAxis: 0 }), undefined],
    ['a vector', new Box(0, 255, [128], { dtype: 'uint8' }), undefined],
    ['bits', new MultiBinary([10, 10, 4]), undefined],
  ])('%s', (_, space, expected) => {
    const { module, size } = build(space);
    expect(size).toBe(expected ?? space.size);
    expect(Object.keys(module.parameters).length > 0).toBe(expected !== undefined);
    expect(pictureLayers(space) === undefined).toBe(expected === undefined);
  });

  test('hidden layers after them are one of 512 or 128 with ReLU, unless other ones are given', () => {
    const spaces = { observationSpace: picture(10, 10, 1), actionSpace: new Discrete(2) };
    const shapesOf = (options: object): Record<string, readonly number[]> =>
      shapes(createActorCritic(spaces, options, new Random(2)).actorParameters);
    expect(shapesOf({})).toMatchObject({ 'features.1.weight': [3, 3, 1, 16], 'features.3.weight': [1024, 128] });
    expect(shapesOf({ hidden: [7] })).toMatchObject({ 'features.1.weight': [3, 3, 1, 16], 'head.weight': [7, 2] });
    expect(shapesOf({ convolutions: [] })).toMatchObject({ 'features.0.weight': [100, 64], 'head.weight': [64, 2] });
    const networks = createActorCritic(spaces, { hidden: [1] }, new Random(2));
    networks.parameters['actor.features.3.bias'].write([-1e6]);
    networks.parameters['actor.head.weight'].write([5, 0]);
    // What is far below 0 is 0 after ReLU, and −1 after tanh.
    const logProbability = evaluate(() =>
      networks.policy(constant([1, 100], new Float32Array(100))).logProbability(constant([1], [0], 'int32')),
    );
    expect(logProbability[0]).toBeCloseTo(Math.log(0.5), 6);
  });

  test('convolutions that are given are what there is, [] none', () => {
    const convolutions = [{ filters: 2, kernel: 2, stride: 2 }];
    expect(shapes(build(picture(84, 84, 4), { convolutions }).module.parameters)).toEqual({
      '1.weight': [2, 2, 4, 2],
      '1.bias': [2],
    });
    expect(build(picture(84, 84, 4), { convolutions: [] })).toMatchObject({ size: 84 * 84 * 4 });
    expect(pictureLayers(picture(84, 84, 4), [])).toBeUndefined();
  });
});

const room = new Dict({ view: picture(36, 36, 3), speed: new Box(-1, 1, [2]), gear: new Discrete(3) });

describe('parts of a Dict', () => {
  test('pictures have 256 numbers by default, the other parts go on as they are (CombinedExtractor)', () => {
    const { module, size } = build(room);
    expect(shapes(module.parameters)).toEqual({
      '0.view.1.weight': [8, 8, 3, 32],
      '0.view.1.bias': [32],
      '0.view.2.weight': [4, 4, 32, 64],
      '0.view.2.bias': [64],
      '0.view.3.weight': [3, 3, 64, 64],
      '0.view.3.bias': [64],
      '0.view.5.weight': [64, 256],
      '0.view.5.bias': [256],
    });
    expect(size).toBe(3 + 2 + 256);
    const { parameters } = createActorCritic(
      { observationSpace: room, actionSpace: new Discrete(2) },
      {},
      new Random(1),
    );
    expect(shapes(parameters)).toMatchObject({
      'actor.features.1.weight': [261, 64],
      'actor.features.2.weight': [64, 64],
      'critic.1.0.weight': [261, 64],
    });
  });

  test('without pictures nothing is in between, nor with convolutions: []', () => {
    expect(featureLayers(new Dict({ a: new Box(0, 1, [2]), b: new Discrete(3) }), {}, make)).toEqual([[], 5]);
    expect(featureLayers(room, { convolutions: [] }, make)).toEqual([[], 36 * 36 * 3 + 5]);
  });

  test('pictures in a Dict within a Dict have them too', () => {
    const { module, size } = build(new Dict({ eye: new Dict({ left: picture(10, 10, 1), on: new MultiBinary(1) }) }));
    expect(shapes(module.parameters)).toMatchObject({ '0.eye.0.left.3.weight': [1024, 128] });
    expect(size).toBe(129);
  });

  test('layers of their own, worked out by hand', () => {
    const space = new Dict({
      board: new Box(0, 4, [2, 3, 1], { dtype: 'uint8' }),
      gear: new Discrete(2),
      speed: new Box(-9, 9, [2]),
    });
    const partLayers = { board: { convolutions: [{ filters: 1, kernel: 2, stride: 1 }] }, speed: { hidden: [2, 1] } };
    const { module, size } = build(space, { partLayers });
    expect(size).toBe(2 + 2 + 1);
    const { parameters } = module;
    parameters['0.board.1.weight'].write([1, 10, 100, -1000]);
    parameters['0.speed.0.weight'].write([1, 2, 3, 4]);
    parameters['0.speed.0.bias'].write([-1, 0]);
    parameters['0.speed.1.weight'].write([2, -0.5]);
    parameters['0.speed.1.bias'].write([20]);
    const observation = [4, 0, 2, 4, 0, 0, 1, 5, 3];
    const features = evaluate(() => module(observationFeatures(space, constant([1, 9], observation))));
    // A quarter of the board is 1 0 ½ / 1 0 0, with windows 1 0 / 1 0 and 0 ½ / 0 0; gear 1; (5, 3) W − (1, 0) = (13, 22), 2 · 13 − 22 / 2 + 20.
    expect(Array.from(features)).toEqual([101, 5, 0, 1, 35]);
  });

  test('gradients reach the layers of each part', () => {
    const partLayers = { speed: { hidden: [6] }, gear: { hidden: [5] } };
    const spaces = { observationSpace: room, actionSpace: new Discrete(2) };
    const networks = createActorCritic(spaces, { partLayers, orthogonalInitialization: false }, new Random(1));
    const source = new Random(3);
    const rows = Array.from({ length: 4 }, () => Array.from(room.sample(source))).flat();
    const names = Object.keys(networks.criticParameters);
    const slopes = evaluate(() => {
      const values = networks.value(constant([4, room.size], rows));
      const gradients = grad(sum(square(values)), Object.values(networks.criticParameters));
      return Object.fromEntries(names.map((name, i) => [name, gradients[i]]));
    });
    expect(names.filter((name) => /^0\.(view|speed|gear)\./.test(name))).toHaveLength(8 + 2 + 2);
    for (const name of names) expect([name, slopes[name].some((x) => x !== 0)]).toEqual([name, true]);
  });
});

describe('dictFeatures', () => {
  const space = new Dict({ a: new Box(-9, 9, [2]), b: new Discrete(2), c: new Box(0, 1, [2, 2, 1]) });

  test('gives each part to its module, and puts the results in the order of the layout', () => {
    const a = linear({ input: 2, output: 1, random });
    a.parameters.weight.write([10, 100]);
    const c = sequential([
      (x) => reshape(x, [-1, 2, 2, 1]),
      convolution({ input: 1, output: 1, kernel: 2, random }),
      flatten,
    ]);
    c.parameters['1.weight'].write([1, 2, 3, 4]);
    const features = dictFeatures(space, { c, a });
    expect(Object.keys(features.parameters)).toEqual(['c.1.weight', 'c.1.bias', 'a.weight', 'a.bias']);
    const rows = [1, 2, 0, 1, 1, 0, 0, 0, -1, 3, 1, 0, 0, 0, 0, 1];
    expect(Array.from(evaluate(() => features(constant([2, 8], rows))))).toEqual([210, 0, 1, 1, 290, 1, 0, 4]);
  });

  test('modules that do not fit are refused by name', () => {
    const layer = linear({ input: 2, output: 1, random });
    expect(() => dictFeatures(space, { d: layer })).toThrow(
      "dictFeatures: unknown option 'd'; known are 'a', 'b', 'c'",
    );
    const picture = sequential([(x) => reshape(x, [-1, 2, 2, 1])]);
    expect(() => dictFeatures(space, { c: picture })).toThrow(
      new RangeError("dictFeatures: expected the module of 'c' to make [2, size] of [2, 4], got [2, 2, 2, 1]"),
    );
  });
});

test.each<[string, Space, Partial<FeatureLayerOptions>, string]>([
  [
    'layers of parts without parts',
    new Box(0, 1, [3]),
    { partLayers: {} },
    'partLayers: expected observations of a Dict, got Box(0, 1, [3])',
  ],
  [
    'a part that is not there',
    room,
    { partLayers: { views: {} } },
    "partLayers: unknown option 'views'; did you mean 'view'?",
  ],
  [
    'convolutions for all parts',
    room,
    { convolutions: [], partLayers: {} },
    'partLayers: expected no convolutions beside it but those of parts',
  ],
  [
    'convolutions of a vector',
    room,
    { partLayers: { speed: { convolutions: [{ filters: 1, kernel: 1, stride: 1 }] } } },
    'partLayers.speed.convolutions: expected observations Box [height, width, channels], got Box(-1, 1, [2])',
  ],
  [
    'windows larger than the picture',
    room,
    { partLayers: { view: { convolutions: [{ filters: 1, kernel: 37, stride: 1 }] } } },
    'partLayers.view.convolutions[0]: expected a kernel inside 36 × 36, got 37',
  ],
])('%s: an error', (_, space, options, message) => {
  expect(() => featureLayers(space, options, make)).toThrow(new RangeError(message));
});

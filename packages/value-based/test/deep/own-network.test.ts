import {
  Box,
  CheckpointError,
  Dict,
  Discrete,
  evaluate,
  loadAgent,
  type Checkpoint,
  type Env,
  type Space,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import * as t from '@gradus/tensor';
import { Dqn, Pqn, type DqnOptions, type PqnOptions, type QNetworkLayers } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { ImageEnv } from '../support/image-env.ts';

const random = { nextFloat: () => 0.5, normal: () => 0 };
const small: Partial<DqnOptions> = {
  learningStarts: 20,
  bufferSize: 500,
  targetUpdateInterval: 40,
  learningRate: 1e-2,
};

/** An environment that nobody plays. */
function withSpaces(observationSpace: Space, actionSpace: Space): Env {
  const observation = new Float32Array(observationSpace.size);
  const step = { observation, reward: 0, terminated: false, truncated: true };
  return { observationSpace, actionSpace, reset: () => ({ observation }), step: () => step };
}

type MakeNetwork = NonNullable<QNetworkLayers['network']>;

/** A hidden layer with normalization. */
const network: MakeNetwork = ({ features, outputs, random }) =>
  t.sequential([
    t.linear({ input: features, output: 8, random }),
    t.layerNormalization(8),
    t.relu,
    t.linear({ input: 8, output: outputs, random }),
  ]);

const weights = ({ files }: Checkpoint, name: string): Record<string, t.StoredTensor> =>
  t.decodeSafetensors(files[`${name}.safetensors`]);
const shapesOf = (checkpoint: Checkpoint, name: string): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(weights(checkpoint, name)).map(([key, { shape }]) => [key, shape]));

const algorithms = {
  Dqn: {
    saved: 'online',
    create: (env: Env, options: Partial<QNetworkLayers>) => new Dqn(env, { ...small, ...options }),
    load: (checkpoint: Checkpoint, options: Partial<QNetworkLayers> & { env?: Env }) => Dqn.load(checkpoint, options),
  },
  Pqn: {
    saved: 'parameters',
    create: (env: Env, options: Partial<QNetworkLayers>) => new Pqn(env, { steps: 32, batchSize: 32, ...options }),
    load: (checkpoint: Checkpoint, options: Partial<QNetworkLayers> & { env?: Env }) => Pqn.load(checkpoint, options),
  },
};

describe.each(Object.entries(algorithms))('%s', (_, { saved, create, load }) => {
  test('with a network of your own: action values worked out by hand, of what observationFeatures gives', () => {
    const made: t.Module[] = [];
    const described: unknown[] = [];
    const observationSpace = new Dict({ gear: new Discrete(3), light: new Box(0, 2, [1], { dtype: 'uint8' }) });
    const env = withSpaces(observationSpace, new Discrete(2, 5));
    const agent = create(env, {
      network: ({ random, ...description }) => {
        const layer = t.linear({ input: description.features, output: description.outputs, random });
        described.push(description);
        made.push(layer);
        return layer;
      },
    });
    expect(described[0]).toEqual({ observationSpace, features: 4, actions: 2, outputs: 2 });
    made[0].parameters.weight.write([1, 2, 10, 20, 100, 200, 1000, 2000]);
    made[0].parameters.bias.write([0, 0.5]);
    expect(Array.from(agent.actionValues({ gear: 2, light: [1] }))).toEqual([100 + 500, 200 + 1000 + 0.5]);
    expect(agent.act({ gear: 2, light: [1] })).toBe(6);
    agent.dispose();
  });

  test('resumed training is the same as not interrupted, bit for bit', () => {
    const [whole, begun] = [0, 1].map(() => create(makeEnv('CartPole-v1'), { network }));
    const first = weights(whole.checkpoint(), saved);
    Array.from(whole.learn({ steps: 320 }));
    for (const { step } of begun.learn({ steps: 320 })) if (step >= 160) break;
    const resumed = load(begun.checkpoint(), { network, env: makeEnv('CartPole-v1') });
    Array.from(resumed.learn({ steps: 320 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    for (const [name, { data }] of Object.entries(weights(whole.checkpoint(), saved))) {
      expect([name, data]).not.toEqual([name, first[name].data]);
    }
  });

  test('loading without it, or with another one, says by name what does not fit', () => {
    const checkpoint = create(makeEnv('CartPole-v1'), { network }).checkpoint();
    expect(() => load(checkpoint, {})).toThrow(
      new CheckpointError(
        'load: the agent was made with a function as network, which is not saved; give it again: load(checkpoint, { network })',
      ),
    );
    expect(loadAgent(checkpoint, [Dqn, Pqn], { network }).checkpoint().files).toEqual(checkpoint.files);
    expect(() => loadAgent(checkpoint, [Dqn, Pqn], { network, networks: network })).toThrow(
      /unknown option 'networks'/,
    );
    // The usual one, asked for.
    expect(() => load(checkpoint, { network: null })).toThrow(CheckpointError);
    expect(() => load(checkpoint, { network: null })).toThrow(
      /does not fit with another network: safetensors: parameter '\S+' is /,
    );
    const wider: MakeNetwork = ({ features, outputs, random }) =>
      t.sequential([t.linear({ input: features, output: outputs, random }), t.layerNormalization(outputs)]);
    expect(() => load(checkpoint, { network: wider })).toThrow(
      "parameter '0.weight' is float32 [4, 8] in the file, expected float32 [4, 2]",
    );
  });

  test('what is no such network is refused', () => {
    const make = (own: unknown) => () => create(makeEnv('CartPole-v1'), { network: own as MakeNetwork });
    expect(make('mlp')).toThrow('expected network to be a function or null, got');
    expect(make(() => t.relu)).toThrow('network: expected its result to be a module, got a function');
    expect(make(() => t.linear({ input: 4, output: 3, random }))).toThrow(
      new RangeError('network: expected its module to make [2, 2] of [2, 4], got [2, 3]'),
    );
    expect(make(() => t.linear({ input: 5, output: 2, random }))).toThrow(
      new RangeError(
        'network: expected its module to make [2, 2] of [2, 4], which it does not take: matmul: [2, 4] and [5, 2] do not fit: […, m, k] · […, k, n]',
      ),
    );
  });

  test('options that it takes the place of are refused by name', () => {
    const make = (options: object) => () => create(makeEnv('CartPole-v1'), { ...options, network });
    expect(make({ hidden: [8] })).toThrow(
      new RangeError('network: expected no hidden beside it: all layers are up to it'),
    );
    expect(make({ convolutions: [], partLayers: {} })).toThrow(
      new RangeError('network: expected no convolutions or partLayers beside it: all layers are up to it'),
    );
    expect(make({ activation: 'tanh' })).toThrow(
      new RangeError('network: expected no activation beside it: all layers are up to it'),
    );
  });

  test('pictures have convolutions by default, parts of a Dict layers of their own', () => {
    const image = create(new ImageEnv(), {});
    const shapes = Object.values(shapesOf(image.checkpoint(), saved)).filter(({ length }) => length > 1);
    expect(shapes).toEqual([
      [3, 3, 2, 16],
      [16, 128],
      [128, 3],
    ]);
    const observationSpace = new Dict({ view: new Box(0, 1, [5, 5, 1]), speed: new Box(-1, 1, [2]) });
    const env = withSpaces(observationSpace, new Discrete(2));
    const partLayers = { view: { hidden: [7] }, speed: { hidden: [4, 3] } };
    const parts = shapesOf(create(env, { partLayers, hidden: [6] }).checkpoint(), saved);
    expect(Object.values(parts).filter(({ length }) => length > 1)).toEqual([
      [2, 4],
      [4, 3],
      [3, 3, 1, 16],
      [144, 7],
      [10, 6],
      [6, 2],
    ]);
  });
});

describe('Dqn', () => {
  test("NatureCNN: 84 × 84 × 4 and four actions have Mnih et al.'s 1,686,180 parameters", () => {
    const pixels = new Box(0, 255, [84, 84, 4], { dtype: 'uint8', frameAxis: 2 });
    const env = withSpaces(pixels, new Discrete(4));
    const checkpoint = new Dqn(env, { bufferSize: 100 }).checkpoint();
    const count = Object.values(shapesOf(checkpoint, 'online')).reduce((total, shape) => total + t.sizeOf(shape), 0);
    expect(count).toBe(1_686_180);
  });

  test('with a distribution the outputs are those of each action one after another', () => {
    const described: number[][] = [];
    const agent = new Dqn(makeEnv('CartPole-v1'), {
      ...small,
      distribution: { kind: 'quantile', quantiles: 3 },
      network: ({ features, actions, outputs, random }) => {
        described.push([features, actions, outputs]);
        const layer = t.linear({ input: features, output: outputs, weight: 'zeros', random });
        layer.parameters.bias.write([1, 2, 3, 10, 20, 60]);
        return layer;
      },
    });
    expect(described).toEqual([
      [4, 2, 6],
      [4, 2, 6],
    ]);
    expect(Array.from(agent.actionValues([0, 0, 0, 0]))).toEqual([2, 30]);
    Array.from(agent.learn({ steps: 60 }));
  });

  test.each(['dueling', 'noisy'])('%s is up to it', (option) => {
    expect(() => new Dqn(makeEnv('CartPole-v1'), { network, [option]: true })).toThrow(
      new RangeError(`network: expected no ${option} beside it: all layers are up to it`),
    );
  });

  test('one module for both networks is refused', () => {
    const layer = t.linear({ input: 4, output: 2, random });
    expect(() => new Dqn(makeEnv('CartPole-v1'), { ...small, network: () => layer })).toThrow(
      "copyParameters: 'weight' is one variable, in both records",
    );
  });

  test('convolutions by default learn', () => {
    const agent = new Dqn(new ImageEnv(), {
      ...small,
      bufferSize: 5000,
      learningRate: 3e-3,
      gamma: 0,
      epsilon: 0.3,
      trainFrequency: 2,
    });
    Array.from(agent.learn({ steps: 2000 }));
    // 20 is perfect, and a third of it is chance.
    expect(evaluate(agent, new ImageEnv(), { episodes: 10, seed: 1000 }).meanReturn).toBeGreaterThanOrEqual(19);
  });
});

test('Pqn learns with a network of your own', () => {
  const options: Partial<PqnOptions> = { steps: 32, learningRate: 1e-2, gamma: 0, network };
  const agent = new Pqn(makeVectorEnv('IdentityDiscrete-v0', 4), options);
  Array.from(agent.learn({ steps: 8000 }));
  expect(evaluate(agent, makeEnv('IdentityDiscrete-v0'), { episodes: 5, seed: 1 }).meanReturn).toBeGreaterThan(90);
});

import {
  Box,
  CheckpointError,
  Dict,
  Discrete,
  actorCriticOf,
  dictFeatures,
  evaluate,
  featureCount,
  loadAgent,
  policyOutputs,
  type Checkpoint,
  type Env,
  type MakeActorCritic,
  type NetworkOptions,
  type Observation,
  type Space,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { NaturalPolicyGradient, Ppo, RecurrentPpo, Reinforce, Trpo } from '@gradus/policy-gradient';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';

/** The side on which the one pixel of a picture is, or the other one where `mirror` is 1, is the action that is rewarded. */
function sides(
  observationSpace: Space,
  show: (picture: Float32Array, mirror: number) => Observation,
): Env<Observation, number> {
  const [height, width] = pictureOf(observationSpace).shape;
  let steps = 0;
  let right = 0;
  const see = (): Observation => {
    const column = (steps * 5 + 3) % width;
    const mirror = observationSpace.kind === 'dict' ? (steps >> 2) % 2 : 0;
    right = Number(column >= width / 2 !== (mirror === 1));
    return show(
      Float32Array.from({ length: height * width }, (_, i) => Number(i === width + column)),
      mirror,
    );
  };
  return {
    observationSpace,
    actionSpace: new Discrete(2),
    reset: () => ({ observation: see() }),
    step: (action) => {
      const reward = Number(action === right);
      steps++;
      return { observation: see(), reward, terminated: false, truncated: steps % 16 === 0 };
    },
    getState: () => ({ steps }),
    setState: (state) => {
      steps = Number(state.steps);
      see();
    },
  };
}

const pictureOf = (space: Space): Space => (space.kind === 'dict' ? space.parts.view : space);
const picture = new Box(0, 1, [4, 4, 1]);
const pixelSides = (): Env<Observation, number> => sides(picture, (pixels) => pixels);
const room = new Dict({ view: picture, mirror: new Discrete(2) });
const mirroredSides = (): Env<Observation, number> => sides(room, (view, mirror) => ({ view, mirror }));

const small = { steps: 64, batchSize: 64, learningRate: 1e-2, gamma: 0 };
const recurrent = { ...small, batchSize: 32, sequenceLength: 4, cellSize: 8, epochs: 4 };
const convolutions = [{ filters: 4, kernel: 2, stride: 1 }];

/** Shapes of what is saved, by name. */
function shapesOf({ files }: Checkpoint): Record<string, readonly number[]> {
  const tensors = t.decodeSafetensors(files['parameters.safetensors']);
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

type Options = Partial<NetworkOptions>;

const algorithms = {
  Ppo: {
    create: (env: Env, options: Options) => new Ppo(env, { ...small, epochs: 4, ...options }),
    load: (checkpoint: Checkpoint, options: Options & { env?: Env }) => Ppo.load(checkpoint, options),
  },
  Trpo: {
    create: (env: Env, options: Options) => new Trpo(env, { ...small, ...options }),
    load: (checkpoint: Checkpoint, options: Options & { env?: Env }) => Trpo.load(checkpoint, options),
  },
  NaturalPolicyGradient: {
    create: (env: Env, options: Options) => new NaturalPolicyGradient(env, { ...small, ...options }),
    load: (checkpoint: Checkpoint, options: Options & { env?: Env }) => NaturalPolicyGradient.load(checkpoint, options),
  },
  Reinforce: {
    create: (env: Env, options: Options) => new Reinforce(env, { gamma: 0, ...options }),
    load: (checkpoint: Checkpoint, options: Options & { env?: Env }) => Reinforce.load(checkpoint, options),
  },
};

/** Layers with normalization that actor and critic share. */
const networks: MakeActorCritic = (spaces, options, random) => {
  const input = featureCount(spaces.observationSpace);
  const body = t.sequential([t.linear({ input, output: 8, random }), t.layerNormalization(8), t.relu]);
  const head = t.linear({ input: 8, output: policyOutputs(spaces.actionSpace), random });
  const critic = t.linear({ input: 8, output: 1, random });
  return actorCriticOf(spaces, { body, head, critic }, options);
};

describe.each(Object.entries(algorithms))('%s', (_, { create, load }) => {
  test('networks of your own: resumed training is the same as not interrupted, bit for bit', () => {
    const [whole, begun] = [0, 1].map(() => create(makeEnv('CartPole-v1'), { networks }));
    Array.from(whole.learn({ steps: 1200 }));
    for (const { step } of begun.learn({ steps: 1200 })) if (step >= 400) break;
    const resumed = load(begun.checkpoint(), { networks, env: makeEnv('CartPole-v1') });
    expect(resumed.step).toBeLessThan(1200);
    Array.from(resumed.learn({ steps: 1200 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    expect(shapesOf(whole.checkpoint())).toMatchObject({ 'body.0.weight': [4, 8], 'body.1.scale': [8] });
  });

  test('loading without them, or with others, says by name what does not fit', () => {
    const checkpoint = create(makeEnv('CartPole-v1'), { networks }).checkpoint();
    const other: MakeActorCritic = (spaces, options, random) => {
      const [head, critic] = [2, 1].map((output) =>
        t.mlp({ input: 4, hidden: [], output, activation: 'relu', random }),
      );
      const body = t.sequential([t.linear({ input: 4, output: 4, random }), t.layerNormalization(4)]);
      return actorCriticOf(spaces, { body, head, critic }, options);
    };
    const classes = [Ppo, Trpo, NaturalPolicyGradient, Reinforce];
    for (const without of [() => load(checkpoint, {}), () => loadAgent(checkpoint, classes)]) {
      expect(without).toThrow(
        new CheckpointError(
          'load: the agent was made with a function as networks, which is not saved; give it again: load(checkpoint, { networks })',
        ),
      );
    }
    expect(loadAgent(checkpoint, classes, { networks }).checkpoint().files).toEqual(checkpoint.files);
    // The usual ones, asked for.
    expect(() => load(checkpoint, { networks: null })).toThrow(CheckpointError);
    expect(() => load(checkpoint, { networks: null })).toThrow(
      "load: what was saved does not fit with another networks: safetensors: parameter 'actor.features.0.weight' is missing, expected float32 [4, 64]; unknown parameter 'body.0.weight' in the file, float32 [4, 8]",
    );
    expect(() => load(checkpoint, { networks: other })).toThrow(t.SafetensorsError);
    expect(() => load(checkpoint, { networks: other })).toThrow(
      "parameter 'body.0.weight' is float32 [4, 8] in the file, expected float32 [4, 4]",
    );
    const usual = create(makeEnv('CartPole-v1'), {}).checkpoint();
    expect(() => load(usual, { networks })).toThrow('load: what was saved does not fit with another networks: ');
  });

  test('pictures have convolutions by default, and go on in the same way when loaded', () => {
    const agent = create(pixelSides(), {});
    Array.from(agent.learn({ steps: 256 }));
    const checkpoint = agent.checkpoint();
    expect(shapesOf(checkpoint)).toMatchObject({
      'actor.features.1.weight': [3, 3, 1, 16],
      'actor.features.3.weight': [64, 128],
      'actor.head.weight': [128, 2],
      'critic.1.weight': [3, 3, 1, 16],
      'critic.3.0.weight': [64, 128],
      'critic.3.1.weight': [128, 1],
    });
    expect(load(checkpoint, {}).checkpoint().files['parameters.safetensors']).toEqual(
      checkpoint.files['parameters.safetensors'],
    );
  });

  test('options about layers', () => {
    const plain = shapesOf(create(pixelSides(), { convolutions, hidden: [16], criticHidden: [32, 8] }).checkpoint());
    expect(plain).toMatchObject({
      'actor.features.1.weight': [2, 2, 1, 4],
      'actor.features.3.weight': [36, 16],
      'critic.3.0.weight': [36, 32],
      'critic.3.1.weight': [32, 8],
    });
    const partLayers = { view: { convolutions, hidden: [5] }, mirror: { hidden: [3] } };
    expect(shapesOf(create(mirroredSides(), { partLayers }).checkpoint())).toMatchObject({
      'actor.features.0.view.1.weight': [2, 2, 1, 4],
      'actor.features.0.view.3.weight': [36, 5],
      'actor.features.0.mirror.0.weight': [2, 3],
      'actor.features.1.weight': [8, 64],
    });
    expect(() => create(makeEnv('CartPole-v1'), { convolutions })).toThrow(
      /^convolutions: expected observations Box \[height, width, channels\], got /,
    );
  });
});

test('gSDE is a function of the features of your own, and without continuous actions an error', () => {
  const options = { ...small, networks, stateDependentExploration: 4 };
  const agent = new Ppo(makeEnv('Pendulum-v1'), options);
  expect(shapesOf(agent.checkpoint())).toMatchObject({ 'policy.logStd': [8, 1] });
  Array.from(agent.learn({ steps: 128 }));
  expect(() => new Ppo(makeEnv('CartPole-v1'), options)).toThrow('stateDependentExploration: expected Box actions');
});

test.each(['picture', 'picture and whether it is mirrored'])(
  'what is right in a %s is learned, by default',
  (which) => {
    const make = which === 'picture' ? pixelSides : mirroredSides;
    const returns = [0, 1, 2].map((seed) => {
      const agent = new Ppo(make(), { ...small, learningRate: 1e-3, epochs: 10, seed });
      Array.from(agent.learn({ steps: 64 * 80 }));
      return evaluate(agent, make(), { episodes: 4, seed: 1 }).meanReturn;
    });
    // 16 is perfect. The median: one in six seeds stops at 14, another one on other processors.
    expect(returns.sort((a, b) => a - b)[1]).toBeGreaterThanOrEqual(15);
  },
);

test('modules of your own for the parts of a Dict', () => {
  const parts: MakeActorCritic = (spaces, options, random) => {
    const view = t.sequential([
      (x) => t.reshape(x, [-1, 4, 4, 1]),
      t.convolution({ input: 1, output: 2, kernel: 3, activation: 'silu', random }),
      t.flatten,
    ]);
    const body = t.sequential([dictFeatures(room, { view }), t.layerNormalization(10)]);
    const head = t.mlp({ input: 10, hidden: [32], output: 2, activation: 'tanh', random });
    return actorCriticOf(spaces, { body, head, critic: t.linear({ input: 10, output: 1, random }) }, options);
  };
  const options = { ...small, learningRate: 1e-3, epochs: 10, networks: parts };
  const returns = [0, 1, 2].map((seed) => {
    const trained = new Ppo(mirroredSides(), { ...options, seed });
    Array.from(trained.learn({ steps: 64 * 80 }));
    return evaluate(trained, mirroredSides(), { episodes: 4, seed: 1 }).meanReturn;
  });
  expect(returns.sort((a, b) => a - b)[1]).toBeGreaterThanOrEqual(15);
  const agent = new Ppo(mirroredSides(), options);
  const before = agent.checkpoint().files['parameters.safetensors'];
  Array.from(agent.learn({ steps: 64 * 4 }));
  const [first, last] = [before, agent.checkpoint().files['parameters.safetensors']].map(t.decodeSafetensors);
  for (const name of Object.keys(first)) expect([name, first[name].data]).not.toEqual([name, last[name].data]);
});

describe('RecurrentPpo', () => {
  test('layers for pictures come before the memory, each network has its own', () => {
    const shapes = shapesOf(new RecurrentPpo(pixelSides(), recurrent).checkpoint());
    for (const who of ['actor', 'critic']) {
      expect(shapes).toMatchObject({
        [`${who}Features.1.weight`]: [3, 3, 1, 16],
        [`${who}Features.3.weight`]: [64, 128],
        [`${who}Memory.weight`]: [128, 32],
      });
    }
    expect(shapes).toMatchObject({ 'heads.actor.features.0.weight': [8, 64] });
    expect(shapesOf(new RecurrentPpo(pixelSides(), { ...recurrent, convolutions }).checkpoint())).toMatchObject({
      'actorFeatures.1.weight': [2, 2, 1, 4],
      'actorMemory.weight': [36, 32],
    });
    const partLayers = { view: { convolutions: [] }, mirror: { hidden: [3] } };
    expect(shapesOf(new RecurrentPpo(mirroredSides(), { ...recurrent, partLayers }).checkpoint())).toMatchObject({
      'actorFeatures.0.mirror.0.weight': [2, 3],
      'actorMemory.weight': [19, 32],
    });
  });

  test('all of them learn, and resumed training is the same as not interrupted', () => {
    const partLayers = { view: { convolutions, hidden: [5] }, mirror: { hidden: [3] } };
    const [whole, begun] = [0, 1].map(() => new RecurrentPpo(mirroredSides(), { ...recurrent, partLayers }));
    const first = t.decodeSafetensors(whole.checkpoint().files['parameters.safetensors']);
    Array.from(whole.learn({ steps: 256 }));
    for (const { step } of begun.learn({ steps: 256 })) if (step >= 128) break;
    const resumed = RecurrentPpo.load(begun.checkpoint(), { env: mirroredSides() });
    Array.from(resumed.learn({ steps: 256 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    const last = t.decodeSafetensors(whole.checkpoint().files['parameters.safetensors']);
    for (const name of Object.keys(first)) expect([name, first[name].data]).not.toEqual([name, last[name].data]);
  });
});

test('several copies: the same seed gives the same bits', () => {
  const [first, second] = [0, 1].map(() => new Ppo(makeVectorEnv('CartPole-v1', 4), { ...small, networks }));
  for (const agent of [first, second]) Array.from(agent.learn({ steps: 512 }));
  expect(first.checkpoint()).toStrictEqual(second.checkpoint());
});

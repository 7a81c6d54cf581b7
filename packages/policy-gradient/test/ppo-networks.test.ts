import { Box, CheckpointError, Discrete, categorical, createActorCritic, type Env } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';

/** 4 × 4 pictures of one pixel, left or right: its side is the action that is rewarded. */
function pixelSides(): Env<Float32Array, number> {
  let column = 0;
  let steps = 0;
  const picture = (): Float32Array => {
    column = (column * 5 + 3) % 4;
    return Float32Array.from({ length: 16 }, (_, i) => Number(i === 4 + column));
  };
  return {
    observationSpace: new Box(0, 1, [4, 4, 1]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: picture() }),
    step: (action) => {
      const reward = Number(action === Math.floor(column / 2));
      return { observation: picture(), reward, terminated: false, truncated: ++steps % 16 === 0 };
    },
  };
}

const convolutions = [{ filters: 4, kernel: 2, stride: 1 }];
const small = { steps: 64, batchSize: 64, epochs: 4, learningRate: 1e-2, gamma: 0, hidden: [16] };

test('convolutions learn from pictures, and are saved and loaded', () => {
  const agent = new Ppo(pixelSides(), { ...small, convolutions });
  const rounds = Array.from(agent.learn({ steps: 64 * 12 }));
  expect(rounds.at(-1)?.finishedEpisodes.at(-1)?.return).toBeGreaterThanOrEqual(14);
  const { env } = { env: pixelSides() };
  const { observation } = env.reset();
  const loaded = Ppo.load(agent.checkpoint());
  expect(loaded.stateValue(observation)).toEqual(agent.stateValue(observation));
  expect(loaded.act(observation)).toBe(agent.act(observation));
});

test("the critic's layers may have sizes of their own", () => {
  const { files } = new Ppo(makeEnv('CartPole-v1'), { ...small, criticHidden: [32, 8] }).checkpoint();
  const header = new TextDecoder().decode(files['parameters.safetensors'].subarray(8, 1500));
  expect(header).toContain('"shape":[4,32]');
  expect(header).toContain('"shape":[32,8]');
  expect(header).toContain('"shape":[4,16]');
});

test('convolutions of what is no picture are refused', () => {
  expect(() => new Ppo(makeEnv('CartPole-v1'), { ...small, convolutions })).toThrow(
    /^convolutions: expected observations Box \[height, width, channels\], got /,
  );
});

test('networks of your own: a shared body with layer normalization, saved and loaded by what made it', () => {
  const networks: typeof createActorCritic = ({ observationSpace }, _, random) => {
    const body = t.sequential([
      t.linear({ input: observationSpace.size, output: 8, random }),
      t.layerNormalization(8),
      t.relu,
    ]);
    const actor = t.linear({ input: 8, output: 2, random });
    const critic = t.linear({ input: 8, output: 1, random });
    const parameters = t.joinParameters({
      body: body.parameters,
      actor: actor.parameters,
      critic: critic.parameters,
    });
    return {
      parameters,
      actorParameters: actor.parameters,
      criticParameters: critic.parameters,
      policy: (observations) => categorical(actor(body(observations))),
      value: (observations) => t.squeeze(critic(body(observations)), 1),
      dispose: () => {
        t.disposeParameters(parameters);
      },
    };
  };
  const agent = new Ppo(makeEnv('CartPole-v1'), { ...small, networks });
  Array.from(agent.learn({ steps: 128 }));
  const checkpoint = agent.checkpoint();
  const observation = [0.01, 0.02, 0.03, 0.04];
  expect(Ppo.load(checkpoint, { networks }).stateValue(observation)).toEqual(agent.stateValue(observation));
  expect(() => Ppo.load(checkpoint)).toThrow(CheckpointError);
  expect(() => Ppo.load(checkpoint)).toThrow('load: what was saved does not fit with another networks');
});

import { Random, squashedGaussian } from '@gradus/core';
import { createDecoder, readConfig } from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import type { Fill } from './compare.ts';

/** A network whose file is compared with itself. */
export interface Example {
  readonly make: (rows: number) => t.Program<Record<string, unknown>, Record<string, unknown>>;
  readonly shapes: (rows: number) => Record<string, readonly number[]>;
  readonly fill?: Fill;
}

const random = (): Random => new Random(7);

/** What a module makes of float rows of a shape. */
function ofModule(apply: (x: t.Tensor) => t.TensorLike, shape: readonly number[]): Example {
  return {
    make: (rows) => t.program({ x: [rows, ...shape] }, ({ x }) => ({ y: apply(x) })),
    shapes: (rows) => ({ x: [rows, ...shape] }),
  };
}

function mlp(): Example {
  return ofModule(t.mlp({ input: 4, hidden: [64, 64], output: 2, activation: 'tanh', random: random() }), [4]);
}

function activations(): Example {
  const nets = t.activationNames.map((activation) =>
    t.mlp({ input: 5, hidden: [16], output: 3, activation, random: random() }),
  );
  return ofModule((x) => t.concat(nets.map((net) => net(x))), [5]);
}

function cnn(): Example {
  const shared = random();
  const layers = [
    t.convolution({ input: 4, output: 8, kernel: 8, stride: 4, activation: 'relu', random: shared }),
    t.convolution({ input: 8, output: 6, kernel: 4, stride: 2, padding: 'same', activation: 'relu', random: shared }),
    t.flatten,
    t.linear({ input: 96, output: 5, random: shared }),
  ];
  return ofModule(t.sequential(layers), [38, 38, 4]);
}

function recurrent(kind: 'lstm' | 'gru'): Example {
  const layer = t[kind]({ input: 3, hidden: 8, random: random() });
  const { stateSize } = layer;
  return {
    make: (rows) =>
      t.program({ x: [rows, 5, 3], state: [rows, stateSize], starts: [rows, 5] }, ({ x, state, starts }) => {
        const { outputs, state: next } = layer(x, state, starts);
        return { outputs, next };
      }),
    shapes: (rows) => ({ x: [rows, 5, 3], state: [rows, stateSize], starts: [rows, 5] }),
    fill: (name, i) => (name === 'starts' ? Number(i % 3 === 0) : Math.sin(7 * i)),
  };
}

function dueling(): Example {
  const shared = random();
  const body = t.linear({ input: 6, output: 32, activation: 'relu', random: shared });
  const value = t.mlp({ input: 32, hidden: [16], output: 1, activation: 'relu', random: shared });
  const advantage = t.mlp({ input: 32, hidden: [16], output: 4, activation: 'relu', random: shared });
  return {
    make: (rows) =>
      t.program({ observations: [rows, 6] }, ({ observations }) => {
        const hidden = body(observations);
        const advantages = advantage(hidden);
        const mean = t.mean(advantages, { axis: -1, keepDims: true });
        const values = t.add(value(hidden), t.sub(advantages, mean));
        return { values, actions: t.argmax(values) };
      }),
    shapes: (rows) => ({ observations: [rows, 6] }),
  };
}

/** A policy of Soft Actor-Critic: what it does, and the density of given actions. */
function squashed(): Example {
  const shared = random();
  const body = t.mlp({ input: 5, hidden: [32], output: 4, activation: 'relu', random: shared });
  return {
    make: (rows) =>
      t.program({ observations: [rows, 5], given: [rows, 2] }, ({ observations, given }) => {
        const [mean, logStd] = t.split(body(observations), 2);
        const policy = squashedGaussian(mean, t.clip(logStd, -20, 2));
        return { actions: t.mul(policy.mode(), 2), logProbabilities: policy.logProbability(given) };
      }),
    shapes: (rows) => ({ observations: [rows, 5], given: [rows, 2] }),
    fill: (name, i) => (name === 'given' ? 0.9 : 2) * Math.sin(5 * i),
  };
}

const sizes = { vocab_size: 29, hidden_size: 16, num_attention_heads: 4, num_hidden_layers: 2 };
const models: Readonly<Record<string, object>> = {
  gpt2: { model_type: 'gpt2', vocab_size: 29, n_positions: 16, n_embd: 16, n_layer: 2, n_head: 4 },
  llama: {
    ...sizes,
    model_type: 'llama',
    intermediate_size: 24,
    num_key_value_heads: 2,
    max_position_embeddings: 16,
  },
  neox: {
    ...sizes,
    model_type: 'gpt_neox',
    rotary_pct: 0.5,
    intermediate_size: 32,
    max_position_embeddings: 16,
  },
};

function decoder(name: string, isPadded: boolean): Example {
  const model = createDecoder(readConfig(models[name]), random());
  return {
    make: (rows) => {
      const tokens = { shape: [rows, 7], dtype: 'int32' } as const;
      if (!isPadded) return t.program({ tokens }, ({ tokens }) => ({ logits: model.logits(tokens) }));
      return t.program({ tokens, isText: [rows, 7] }, ({ tokens, isText }) => ({
        logits: model.logits(tokens, { isText }),
      }));
    },
    shapes: (rows) => ({ tokens: [rows, 7], ...(isPadded && { isText: [rows, 7] }) }),
    fill: (input, i) => (input === 'isText' ? Number(i % 7 > 1) : (i * 5) % 29),
  };
}

/** By what they are. */
export const networks: Readonly<Record<string, () => Example>> = {
  mlp,
  'all activations': activations,
  cnn,
  lstm: () => recurrent('lstm'),
  gru: () => recurrent('gru'),
  dueling,
  'squashed Gaussian': squashed,
  'decoder, GPT-2': () => decoder('gpt2', false),
  'decoder, Llama': () => decoder('llama', false),
  'decoder, GPT-NeoX': () => decoder('neox', false),
  'decoder behind padding': () => decoder('llama', true),
};

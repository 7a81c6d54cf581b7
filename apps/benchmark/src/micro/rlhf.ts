import { Random } from '@gradus/core';
import {
  createDecoder,
  DpoTrainer,
  PpoTrainer,
  RewardModel,
  RewardTrainer,
  RlooTrainer,
  SftTrainer,
  TextGenerator,
  type Gpt2Config,
} from '@gradus/llm-rlhf';
import type { Device } from '@gradus/tensor';
import { integers } from './made-up-data.ts';
import type { MicroCase, MicroUpdate } from './micro-case.ts';

const VOCABULARY = 34;
/** The token that ends a completion. */
const END = 1;
const PROMPT = 18;
const COMPLETION = 12;
const LENGTH = PROMPT + COMPLETION;
const gpt2: Gpt2Config = {
  model_type: 'gpt2',
  vocab_size: VOCABULARY,
  n_positions: LENGTH,
  n_embd: 48,
  n_layer: 2,
  n_head: 4,
  n_inner: null,
  activation_function: 'gelu',
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
};
/** Texts, or pairs of texts, of a minibatch. */
const BATCH = 64;
/** Completions that are generated at a time. */
const ROUND = 96;

/**
 * Steps of language models' training, by the trainers themselves, at the sizes of the miniature: two layers of width 48 with four heads, 18 tokens asked and 12
 * answered out of 34, each of them drawn at random. AdamW, and a limit to the gradient's norm, in all that learn. A round generates 96 completions, has a reward
 * model of the same size score them and the reference too, and learns in four passes; PPO's critic is one more such model.
 */
export const rlhfCases: readonly MicroCase[] = [
  { name: 'rlhf_sft_b64', isLarge: false, tokens: BATCH * LENGTH, create: createTuning },
  { name: 'rlhf_reward_b64', isLarge: false, tokens: 2 * BATCH * LENGTH, create: createRewarding },
  { name: 'rlhf_dpo_b64', isLarge: false, tokens: 2 * BATCH * LENGTH, create: createDpo },
  { name: 'rlhf_generate_b96', isLarge: false, tokens: ROUND * COMPLETION, create: createGeneration },
  { name: 'rlhf_rloo_k2_b96', isLarge: false, tokens: ROUND * COMPLETION, create: createRloo },
  { name: 'rlhf_ppo_b96', isLarge: false, tokens: ROUND * COMPLETION, create: createPpo },
];

const learningRate = 3e-4;
const online = { learningRate, adamEpsilon: 1e-5, batchSize: ROUND, maxNewTokens: COMPLETION, epochs: 4 };

function createTuning(device: Device): MicroUpdate {
  const random = new Random(0);
  const rows = Array.from({ length: BATCH }, () => ({
    prompt: text(random, PROMPT),
    completion: text(random, COMPLETION),
  }));
  const options = { learningRate, batchSize: BATCH, promptLossWeight: 0.1, device };
  return training(new SftTrainer({ model: createDecoder(gpt2, random), rows }, options));
}

function createRewarding(device: Device): MicroUpdate {
  const random = new Random(0);
  const model = createRewardModel(random, device);
  return training(new RewardTrainer({ model, rows: preferences(random) }, { learningRate, batchSize: BATCH, device }));
}

function createDpo(device: Device): MicroUpdate {
  const random = new Random(0);
  const inputs = { model: createDecoder(gpt2, random), rows: preferences(random) };
  const loss = { kind: 'sigmoid', beta: 0.5 } as const;
  return training(new DpoTrainer(inputs, { learningRate, batchSize: BATCH, loss, device }));
}

function createGeneration(device: Device): MicroUpdate {
  const random = new Random(0);
  const sizes = { rows: ROUND, promptLength: PROMPT, maxNewTokens: COMPLETION, device };
  const generator = new TextGenerator(createDecoder(gpt2, random), sizes);
  const texts = Array.from({ length: ROUND }, () => text(random, PROMPT));
  return {
    run: () => {
      const { tokens, logProbabilities } = generator.generate(texts, { random, stopTokens: [END] });
      return { tokens, logProbabilities };
    },
    dispose: () => generator.dispose(),
  };
}

function createRloo(device: Device): MicroUpdate {
  return training(new RlooTrainer(rewarded(device), { ...online, groupSize: 2, device }));
}

function createPpo(device: Device): MicroUpdate {
  return training(new PpoTrainer(rewarded(device), { ...online, device }));
}

function rewarded(device: Device) {
  const random = new Random(0);
  const model = createDecoder(gpt2, random);
  const reward = createRewardModel(random, device);
  const prompts = Array.from({ length: 10 * ROUND }, () => ({ prompt: text(random, PROMPT) }));
  return { model, prompts, reward, endOfText: END };
}

function createRewardModel(random: Random, device: Device): RewardModel {
  return new RewardModel(createDecoder(gpt2, random), random, { rows: ROUND, device });
}

function preferences(random: Random) {
  return Array.from({ length: BATCH }, () => ({
    prompt: text(random, PROMPT),
    chosen: text(random, COMPLETION),
    rejected: text(random, COMPLETION),
  }));
}

/** Tokens behind those of padding and the end. */
function text(random: Random, length: number): Int32Array {
  return integers(random, length, VOCABULARY - 2).map((token) => token + 2);
}

type AnyTrainer = SftTrainer | RewardTrainer | DpoTrainer | RlooTrainer | PpoTrainer;

/** One step or round of a training after the other. */
function training(trainer: AnyTrainer): MicroUpdate {
  const steps: ReturnType<AnyTrainer['learn']> = trainer.learn({ steps: Number.MAX_SAFE_INTEGER });
  const lossOf = ({ value, done }: IteratorResult<{ readonly metrics: Readonly<Record<string, number>> }, void>) => {
    if (done === true) throw new Error('the training has ended');
    return { loss: Float32Array.of(value.metrics.loss) };
  };
  return {
    run: () => {
      const step = steps.next();
      return step instanceof Promise ? step.then(lossOf) : lossOf(step);
    },
    dispose: () => trainer.dispose(),
  };
}

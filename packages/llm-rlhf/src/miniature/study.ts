import { aDevice, aFunction, anObject, linear, piecewise, Random, type DeviceOption, type Metrics } from '@gradus/core';
import * as t from '@gradus/tensor';
import { checkNeeded } from '../checks.ts';
import type { PreferenceExample } from '../data/examples.ts';
import { heldOutLoss } from '../evaluation/held-out-loss.ts';
import { preferenceAccuracy } from '../evaluation/preference-accuracy.ts';
import type { Estimate } from '../evaluation/win-rate.ts';
import { completeAll } from '../generation/complete-all.ts';
import { aDecoder, copyDecoder, createDecoder, type Decoder } from '../model/decoder.ts';
import type { Gpt2Config } from '../model/gpt2.ts';
import { RewardModel } from '../model/reward-model.ts';
import { DpoTrainer } from '../trainers/dpo.ts';
import { GrpoTrainer } from '../trainers/grpo.ts';
import { PpoTrainer } from '../trainers/ppo.ts';
import { RebelTrainer } from '../trainers/rebel.ts';
import { ReinforceTrainer } from '../trainers/reinforce.ts';
import { RewardTrainer } from '../trainers/reward.ts';
import { RlooTrainer } from '../trainers/rloo.ts';
import { SftTrainer } from '../trainers/sft.ts';
import { makeMiniature, type Miniature } from './data.ts';
import { labelPairs } from './preferences.ts';
import { POST_LENGTH } from './post.ts';
import { SUMMARY_LENGTH } from './summaries.ts';
import { END } from './vocabulary.ts';
import { meanGold, winRate } from './win-rate.ts';

/** 59,712 weights: two layers of four heads. */
export const miniatureModel: Gpt2Config = {
  model_type: 'gpt2',
  vocab_size: 34,
  n_positions: POST_LENGTH + SUMMARY_LENGTH,
  n_embd: 48,
  n_layer: 2,
  n_head: 4,
  n_inner: null,
  activation_function: 'gelu',
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
  // About 1/√48. With less so narrow a model takes, with some seeds, far longer to learn to copy (the experiment summaries-fine-tuning).
  initializer_range: 0.15,
};

/** What is trained by each name; a number in it is that of the completions of each prompt. `dr-grpo` is GRPO without division by the deviation (Liu et al., 2025). */
export const miniatureMethods = [
  'dpo',
  'reinforce',
  'ppo',
  'rloo-2',
  'rloo-4',
  'rebel',
  'grpo-4',
  'dr-grpo-4',
] as const;

/** One of the methods that are compared. */
export type MiniatureMethod = (typeof miniatureMethods)[number];

/** What was chosen by the experiment `summaries-settings`: by held-out labels and reward models alone, on seeds that the table does not have. */
export const miniatureSettings: {
  /** Epochs over the labelled pairs; the step size of AdamW at first, from where it falls to 0. */
  readonly rewardModel: { readonly epochs: number; readonly learningRate: number };
  /** The step size of AdamW at first, from where it falls to 0; β, what a nat of divergence from supervised fine-tuning costs. */
  readonly methods: Readonly<Record<MiniatureMethod, { readonly learningRate: number; readonly beta: number }>>;
} = {
  rewardModel: { epochs: 6, learningRate: 2e-3 },
  methods: {
    dpo: { learningRate: 3e-4, beta: 0.5 },
    reinforce: { learningRate: 2.5e-4, beta: 0.2 },
    ppo: { learningRate: 2.5e-4, beta: 0.2 },
    'rloo-2': { learningRate: 2.5e-4, beta: 0.2 },
    'rloo-4': { learningRate: 2.5e-4, beta: 0.2 },
    rebel: { learningRate: 2.5e-4, beta: 0.2 },
    'grpo-4': { learningRate: 5e-4, beta: 0.2 },
    'dr-grpo-4': { learningRate: 2.5e-4, beta: 0.2 },
  },
};

/** How a study is made. */
export interface MiniatureStudyOptions extends DeviceOption {
  /** All follows from it. */
  readonly seed: number;
  /** Supervised fine-tuning ends when a held-out token costs at most so much, in nats, or after 3,000 minibatches. Default 0.58, what human summaries themselves cost. */
  readonly sftLoss?: number;
  /** Pairs that are labelled. Default 48,000. */
  readonly pairs?: number;
  /** Epochs of the reward model over them. Default: that of {@link miniatureSettings}, as the next. */
  readonly rewardEpochs?: number;
  /** Step size of the reward model's AdamW at first, from where it falls to 0. */
  readonly rewardLearningRate?: number;
  /** What is told of where it is. */
  readonly onProgress?: (stage: string, part: number) => void;
}

/** What all methods start from. */
export interface PreparedMiniature {
  readonly data: Miniature;
  readonly sft: Decoder;
  /** Minibatches of supervised fine-tuning, and what a held-out token costs after them. */
  readonly sftSteps: number;
  readonly sftLoss: number;
  readonly preferences: readonly PreferenceExample[];
  /** Others, by which reward models are measured. */
  readonly heldPreferences: readonly PreferenceExample[];
  readonly rewardModel: RewardModel;
  /** How often the reward model agrees with labels that it has not seen. */
  readonly rewardModelAccuracy: number;
}

const SFT_BATCH = 64;
/** Minibatches between two looks at held-out posts. */
const SFT_LOOK = 250;
const SFT_LIMIT = 3000;
/** Of the pairs, for measuring the reward model. */
const HELD_PAIRS = 1 / 12;

/**
 * What comes before reinforcement learning (Stiennon et al., 2020): supervised fine-tuning on human summaries, pairs of the model's own summaries with noisy labels,
 * and a reward model of these. Nothing but the labels follows from the gold judge.
 */
export function prepareMiniature(options: MiniatureStudyOptions): PreparedMiniature {
  checkNeeded('prepareMiniature', options, {
    seed: t.naturalNumber,
    sftLoss: t.optional(t.positiveNumber),
    pairs: t.optional(t.positiveInteger),
    rewardEpochs: t.optional(t.positiveInteger),
    rewardLearningRate: t.optional(t.positiveNumber),
    onProgress: t.optional(aFunction),
    device: t.optional(aDevice),
  });
  const {
    seed,
    sftLoss: target = 0.58,
    pairs = 48_000,
    rewardEpochs = miniatureSettings.rewardModel.epochs,
    rewardLearningRate = miniatureSettings.rewardModel.learningRate,
    onProgress = () => undefined,
    device,
  } = options;
  const placed = device === undefined ? {} : { device };
  const random = new Random(seed);
  const data = makeMiniature({ seed, prompts: pairs });
  const sft = createDecoder(miniatureModel, random.fork('model'));
  const tuning = new SftTrainer(
    { model: sft, rows: data.training },
    {
      seed,
      learningRate: piecewise([
        [0, 0],
        [0.05, 3e-3],
        [0.5, 3e-3],
        [1, 0],
      ]),
      batchSize: SFT_BATCH,
      promptLossWeight: 0.1,
      weightDecay: 0.01,
      ...placed,
    },
  );
  let sftLoss = Infinity;
  for (const { step, totalSteps } of tuning.learn({ steps: SFT_LIMIT * SFT_BATCH })) {
    onProgress('sft', step / totalSteps);
    if (step % (SFT_LOOK * SFT_BATCH) !== 0) continue;
    sftLoss = heldOutLoss(sft, data.validation, placed);
    if (sftLoss <= target) break;
  }
  const sftSteps = tuning.step / SFT_BATCH;
  tuning.dispose();

  onProgress('labels', 0);
  const asked = data.prompts.slice(0, pairs);
  const twice = asked.flatMap((prompt) => [prompt, prompt]);
  const written = completeAll(sft, twice, { maxNewTokens: SUMMARY_LENGTH, stopTokens: [END], random, ...placed });
  const drawn = asked.map(({ prompt }, i) => ({
    prompt,
    first: written[2 * i].tokens,
    second: written[2 * i + 1].tokens,
  }));
  const labelled = labelPairs(drawn, random);
  const heldCount = Math.ceil(HELD_PAIRS * labelled.length);
  const [heldPreferences, preferences] = [labelled.slice(0, heldCount), labelled.slice(heldCount)];
  const begun = { data, sft, sftSteps, sftLoss, heldPreferences };
  return rewarded(begun, preferences, random, { seed, rewardEpochs, rewardLearningRate, onProgress, ...placed });
}

/** How the reward model is made anew, of fewer labels. */
export interface FewerLabelsOptions extends DeviceOption {
  /** Of the reward model's head and the order of the pairs: a natural number. */
  readonly seed: number;
  /** So many of the labelled pairs, at least 1; all, where there are fewer. */
  readonly pairs: number;
  /** Epochs over them, at least 1. Default: that of {@link miniatureSettings}, as the next. */
  readonly rewardEpochs?: number;
  /** Step size of AdamW at first, from where it falls to 0. */
  readonly rewardLearningRate?: number;
}

/**
 * The same with a reward model of fewer labelled pairs, which DPO sees too: what it is worth to ask people more.
 * @throws RangeError for options that are missing, unknown or out of range.
 */
export function withFewerLabels(prepared: PreparedMiniature, options: FewerLabelsOptions): PreparedMiniature {
  t.checkArguments('withFewerLabels', { prepared }, { prepared: anObject });
  checkNeeded('withFewerLabels', options, {
    seed: t.naturalNumber,
    pairs: t.positiveInteger,
    rewardEpochs: t.optional(t.positiveInteger),
    rewardLearningRate: t.optional(t.positiveNumber),
    device: t.optional(aDevice),
  });
  const {
    seed,
    pairs,
    rewardEpochs = miniatureSettings.rewardModel.epochs,
    rewardLearningRate = miniatureSettings.rewardModel.learningRate,
    ...placed
  } = options;
  const random = new Random(seed).fork('reward model');
  return rewarded(prepared, prepared.preferences.slice(0, pairs), random, {
    ...{ seed, rewardEpochs, rewardLearningRate },
    ...placed,
  });
}

type Begun = Omit<PreparedMiniature, 'preferences' | 'rewardModel' | 'rewardModelAccuracy'>;

/** What was begun, with a reward model of so many labels. */
function rewarded(
  begun: Begun,
  preferences: readonly PreferenceExample[],
  random: Random,
  options: DeviceOption &
    Pick<MiniatureStudyOptions, 'seed' | 'onProgress'> &
    Required<Pick<MiniatureStudyOptions, 'rewardEpochs' | 'rewardLearningRate'>>,
): PreparedMiniature {
  const { seed, rewardEpochs, rewardLearningRate, onProgress, ...placed } = options;
  const { data, sft, heldPreferences } = begun;
  const rewardModel = new RewardModel(copyDecoder(sft), random, placed);
  const rewarding = new RewardTrainer(
    { model: rewardModel, rows: preferences },
    { seed, learningRate: linear(rewardLearningRate, 0), batchSize: SFT_BATCH, weightDecay: 0.01, ...placed },
  );
  for (const { step, totalSteps } of rewarding.learn({ steps: rewardEpochs * preferences.length })) {
    onProgress?.('reward model', step / totalSteps);
  }
  rewarding.dispose();
  rewardModel.center(
    data.validation.map(({ prompt, completion }) => [...Array.from(prompt), ...Array.from(completion)]),
  );
  const rewardModelAccuracy = preferenceAccuracy(rewardModel, heldPreferences);
  return { ...begun, preferences, rewardModel, rewardModelAccuracy };
}

/** How a method is trained. */
export interface TrainMiniatureOptions extends DeviceOption {
  readonly seed: number;
  /** Completions that each method that writes some learns from, 96 a round. Default 19,200. */
  readonly episodes?: number;
  /** β: what a nat of divergence from supervised fine-tuning costs. Default: the method's in {@link miniatureSettings}, as the next. */
  readonly beta?: number;
  /** Step size of AdamW at first, from where it falls to 0. */
  readonly learningRate?: number;
  /** Called after each update, with what it reports and the part of training that is done. */
  readonly onProgress?: (metrics: Metrics, part: number, policy: Decoder) => void;
}

/** Completions of a round. */
const ROUND = 96;

/**
 * A policy that one method makes of what supervised fine-tuning has: 19,200 completions for all that write some, four passes over each round of 96, or one epoch over
 * the labelled pairs (DPO). The gold judge has no part in it.
 */
export async function trainMiniature(
  method: MiniatureMethod,
  prepared: PreparedMiniature,
  options: TrainMiniatureOptions,
): Promise<Decoder> {
  t.checkArguments(
    'trainMiniature',
    { method, prepared },
    { method: t.oneOf(...miniatureMethods), prepared: anObject },
  );
  checkNeeded('trainMiniature', options, {
    seed: t.naturalNumber,
    episodes: t.optional(t.positiveInteger),
    beta: t.optional(t.nonNegativeNumber),
    learningRate: t.optional(t.positiveNumber),
    onProgress: t.optional(aFunction),
    device: t.optional(aDevice),
  });
  const { data, sft, preferences, rewardModel } = prepared;
  const chosen = miniatureSettings.methods[method];
  const { seed, episodes = 19_200, onProgress, device } = options;
  const { learningRate = chosen.learningRate, beta = chosen.beta } = options;
  const model = copyDecoder(sft);
  const placed = device === undefined ? {} : { device };
  const trainer = createTrainer(
    method,
    { model, reference: sft, rewardModel, data, preferences },
    { seed, beta, learningRate, ...placed },
  );
  const steps = trainer instanceof DpoTrainer ? preferences.length : episodes;
  for await (const { metrics, step } of trainer.learn({ steps })) onProgress?.(metrics, step / steps, model);
  trainer.dispose();
  return model;
}

interface Ingredients extends Pick<PreparedMiniature, 'data' | 'preferences' | 'rewardModel'> {
  readonly model: Decoder;
  readonly reference: Decoder;
}

function createTrainer(
  method: MiniatureMethod,
  { model, reference, rewardModel: reward, data, preferences }: Ingredients,
  {
    seed,
    beta,
    learningRate,
    ...placed
  }: DeviceOption & { readonly seed: number; readonly beta: number; readonly learningRate: number },
) {
  if (method === 'dpo') {
    const loss = { kind: 'sigmoid', beta } as const;
    const options = { seed, loss, learningRate: linear(learningRate, 0), batchSize: 64, ...placed };
    return new DpoTrainer({ model, reference, rows: preferences }, options);
  }
  const inputs = { model, reference, prompts: data.prompts, reward, endOfText: END };
  const online = {
    ...{
      seed,
      batchSize: ROUND,
      maxNewTokens: SUMMARY_LENGTH,
      epochs: 4,
      learningRate: linear(learningRate, 0),
      adamEpsilon: 1e-5,
    },
    ...placed,
  };
  switch (method) {
    case 'reinforce':
      return new ReinforceTrainer(inputs, { ...online, klCoefficient: beta, baselineDecay: 0.999 });
    case 'ppo':
      return new PpoTrainer(inputs, { ...online, klCoefficient: beta });
    case 'rloo-2':
      return new RlooTrainer(inputs, { ...online, klCoefficient: beta, groupSize: 2 });
    case 'rloo-4':
      return new RlooTrainer(inputs, { ...online, klCoefficient: beta, groupSize: 4 });
    case 'rebel':
      return new RebelTrainer(inputs, { ...online, klCoefficient: beta });
    case 'grpo-4':
      return new GrpoTrainer(inputs, { ...online, beta, groupSize: 4 });
    case 'dr-grpo-4': {
      const plain = { scaleRewards: 'none', aggregation: 'dr-grpo' } as const;
      return new GrpoTrainer(inputs, { ...online, ...plain, beta, groupSize: 4 });
    }
  }
}

/** What a policy's summaries are worth. */
export interface MiniatureScore {
  /** How often they are better than the human ones, to the gold judge. */
  readonly winRate: Estimate;
  readonly gold: Estimate;
  /** Mean reward by the reward model. */
  readonly reward: number;
  /** Nats between the policy and supervised fine-tuning, in mean over summaries; only at temperature 1. */
  readonly kl: number;
}

/** Has a policy summarize the held-out posts, and the gold judge compare them with human summaries. */
export function scoreMiniature(
  policy: Decoder,
  prepared: PreparedMiniature,
  options: DeviceOption & { readonly seed: number; readonly temperature: number },
): MiniatureScore {
  t.checkArguments('scoreMiniature', { policy, prepared }, { policy: aDecoder, prepared: anObject });
  checkNeeded('scoreMiniature', options, {
    seed: t.naturalNumber,
    temperature: t.nonNegativeNumber,
    device: t.optional(aDevice),
  });
  const { data, sft, rewardModel } = prepared;
  const { seed, temperature, device } = options;
  const random = new Random(seed).fork('evaluation');
  const placed = device === undefined ? {} : { device };
  const written = completeAll(policy, data.heldOut, {
    ...{ maxNewTokens: SUMMARY_LENGTH, stopTokens: [END], temperature, random },
    ...placed,
  });
  const summaries = written.map(({ tokens }) => tokens);
  const texts = data.heldOut.map(({ prompt }, i) => ({ prompt, completion: summaries[i] }));
  const rewards = rewardModel.score(texts.map(({ prompt, completion }) => [...Array.from(prompt), ...completion]));
  const tokens = summaries.reduce((sum, { length }) => sum + length, 0);
  const cost = [policy, sft].map((decoder) => (heldOutLoss(decoder, texts, placed) * tokens) / texts.length);
  return {
    winRate: winRate(data.heldOut, summaries, { random }).hard,
    gold: meanGold(data.heldOut, summaries),
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
    kl: cost[1] - cost[0],
  };
}

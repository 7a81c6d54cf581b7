import { Random, readState, type Checkpoint, type DeviceOption, type Learner } from '@gradus/core';
import {
  completionExamples,
  dpoDefaults,
  DpoTrainer,
  grpoDefaults,
  GrpoTrainer,
  ppoDefaults,
  PpoTrainer,
  preferenceExamples,
  promptExamples,
  rebelDefaults,
  RebelTrainer,
  reinforceDefaults,
  ReinforceTrainer,
  rewardDefaults,
  RewardModel,
  RewardTrainer,
  rlooDefaults,
  RlooTrainer,
  sftDefaults,
  SftTrainer,
  type ByteLevelTokenizer,
  type Decoder,
  type OnlineInputs,
  type OnlineOptions,
  type Reward,
  type Row,
} from '@gradus/llm-rlhf';

/** What a training is made of. */
export interface Material {
  /** What is trained. */
  readonly decoder: Decoder;
  readonly tokenizer: ByteLevelTokenizer;
  /** The token that ends texts. */
  readonly endOfText: number;
  readonly rows: readonly Row[];
  readonly limits: TextLimits;
  /** From which the policy should not stray, where it is another than the model as it was at first. */
  readonly reference?: Decoder | undefined;
  /** What texts of so many tokens at most are rewarded by, where something rewards them. */
  readonly reward?: ((maxLength: number) => Reward) | undefined;
}

/** Where texts are cut. */
interface TextLimits {
  readonly maxPromptLength?: number | undefined;
  readonly maxCompletionLength?: number | undefined;
}

/** A trainer, ready to learn. */
export interface Training {
  readonly trainer: Learner;
  /** Texts in one pass over the data. */
  readonly epoch: number;
  /** What is trained, where it is a reward model. */
  readonly rewardModel?: RewardModel;
}

type TrainerOptions = Readonly<Record<string, unknown>>;

/** A way to train a language model. */
export interface LanguageAlgorithm {
  /** What it does, in a line. */
  readonly description: string;
  /** What rows have. */
  readonly columns: string;
  /** Whether it learns from what the model writes, and so needs a reward. */
  readonly isOnline: boolean;
  readonly defaults: TrainerOptions;
  /** A new trainer, or the one that was saved in `checkpoint`. */
  readonly start: (
    material: Material,
    options: TrainerOptions & DeviceOption & { readonly seed?: number },
    checkpoint?: Checkpoint,
  ) => Training;
}

/** What a trainer's class can do. */
interface TrainerClass<Inputs> {
  new (inputs: Inputs, options: TrainerOptions & DeviceOption): Learner;
  restore(checkpoint: Checkpoint, inputs: Inputs, options: TrainerOptions & DeviceOption): Learner;
}

function started<Inputs>(
  trainer: TrainerClass<Inputs>,
  inputs: Inputs,
  options: TrainerOptions & DeviceOption,
  checkpoint: Checkpoint | undefined,
): Learner {
  return checkpoint === undefined ? new trainer(inputs, options) : trainer.restore(checkpoint, inputs, options);
}

const completions = 'text, or prompt and completion';
const preferences = 'chosen and rejected, and prompt';

/** One that learns from what the model writes; `groupSize`: completions of each prompt, where no option says so. */
function online(
  description: string,
  trainer: TrainerClass<OnlineInputs>,
  defaults: OnlineOptions,
  groupSize = 1,
): LanguageAlgorithm {
  return {
    description,
    columns: 'prompt',
    isOnline: true,
    defaults: { ...defaults },
    start: ({ decoder: model, tokenizer, endOfText, rows, limits, reference, reward }, options, checkpoint) => {
      const { maxPromptLength = null } = limits;
      const { examples: prompts } = promptExamples(rows, tokenizer, { maxPromptLength });
      const longest = prompts.reduce((most, { prompt }) => Math.max(most, prompt.length), 0);
      const saved = checkpoint === undefined ? {} : readState(checkpoint.state, 'options');
      const { maxNewTokens } = { ...defaults, ...saved, ...options } as OnlineOptions;
      if (reward === undefined) throw new RangeError('reward: expected a reward model or a function, got none');
      const inputs = { model, reference, prompts, reward: reward(longest + maxNewTokens), tokenizer, endOfText };
      const learner = started(trainer, inputs, options, checkpoint);
      const { groupSize: group = groupSize } = learner.options as { readonly groupSize?: number };
      return { trainer: learner, epoch: group * prompts.length };
    },
  };
}

function textOptions({ endOfText, limits }: Material) {
  const { maxPromptLength = null, maxCompletionLength = null } = limits;
  return { endOfText, maxPromptLength, maxCompletionLength };
}

/** The ways there are, by name. */
export const languageAlgorithms: Readonly<Record<string, LanguageAlgorithm>> = {
  sft: {
    description: 'imitate texts: supervised fine-tuning',
    columns: completions,
    isOnline: false,
    defaults: { ...sftDefaults },
    start: (material, options, checkpoint) => {
      const { examples: rows } = completionExamples(material.rows, material.tokenizer, textOptions(material));
      const trainer = started(SftTrainer, { model: material.decoder, rows }, options, checkpoint);
      return { trainer, epoch: rows.length };
    },
  },
  reward: {
    description: 'make a reward model of preferences',
    columns: preferences,
    isOnline: false,
    defaults: { ...rewardDefaults },
    start: (material, options, checkpoint) => {
      const { examples: rows } = preferenceExamples(material.rows, material.tokenizer, textOptions(material));
      const rewardModel = new RewardModel(material.decoder, new Random(options.seed));
      const trainer = started(RewardTrainer, { model: rewardModel, rows }, options, checkpoint);
      return { trainer, epoch: rows.length, rewardModel };
    },
  },
  dpo: {
    description: 'learn from preferences without a reward model: direct preference optimization',
    columns: preferences,
    isOnline: false,
    defaults: { ...dpoDefaults },
    start: (material, options, checkpoint) => {
      const { decoder: model, reference } = material;
      const { examples: rows } = preferenceExamples(material.rows, material.tokenizer, textOptions(material));
      return { trainer: started(DpoTrainer, { model, reference, rows }, options, checkpoint), epoch: rows.length };
    },
  },
  reinforce: online('learn from rewards: REINFORCE', ReinforceTrainer, reinforceDefaults),
  rloo: online('learn from rewards: REINFORCE leave-one-out', RlooTrainer, rlooDefaults),
  ppo: online('learn from rewards: PPO with tokens as actions', PpoTrainer, ppoDefaults),
  rebel: online('learn from differences of rewards: REBEL', RebelTrainer, rebelDefaults, 2),
  grpo: online('learn from rewards: group-relative policy optimization', GrpoTrainer, grpoDefaults),
};

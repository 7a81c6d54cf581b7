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
  type ChatTemplate,
  type Decoder,
  type OnlineInputs,
  type OnlineOptions,
  type PromptInputs,
  type Reward,
  type Row,
  type TextEnvironment,
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
  /** What makes texts of conversations, where rows have some. */
  readonly template?: ChatTemplate | undefined;
  /** From which the policy should not stray, where it is another than the model as it was at first. */
  readonly reference?: Decoder | undefined;
  /** What texts of so many tokens at most are rewarded by, where something rewards them. */
  readonly reward?: ((maxLength: number) => Reward) | undefined;
  /** In which episodes of several turns are played, instead of prompts that are completed. */
  readonly episodes?: Episodes | undefined;
}

/** Episodes of several turns. */
interface Episodes {
  /** Makes an environment for each. */
  readonly environment: () => TextEnvironment;
  /** Tokens of the longest. */
  readonly maxLength: number;
  /** Turns of the model. */
  readonly maxTurns?: number;
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
    start: (material, options, checkpoint) => {
      const { decoder: model, tokenizer, endOfText, rows, reference, episodes } = material;
      const given = { model, reference, tokenizer, endOfText };
      const saved = checkpoint === undefined ? {} : readState(checkpoint.state, 'options');
      const { maxNewTokens } = { ...defaults, ...saved, ...options } as OnlineOptions;
      const inputs =
        episodes === undefined
          ? { ...given, ...rewardedPrompts(material, maxNewTokens) }
          : { ...given, rows, ...episodes };
      const learner = started(trainer, inputs, options, checkpoint);
      const { groupSize: group = groupSize } = learner.options as { readonly groupSize?: number };
      return { trainer: learner, epoch: group * rows.length };
    },
  };
}

/** Prompts, and what their completions of so many tokens at most are rewarded by. */
function rewardedPrompts(
  { tokenizer, rows, limits, template, reward }: Material,
  maxNewTokens: number,
): Pick<PromptInputs, 'prompts' | 'reward'> {
  const { maxPromptLength = null } = limits;
  const { examples: prompts } = promptExamples(rows, tokenizer, { maxPromptLength, ...templateOf(template) });
  const longest = prompts.reduce((most, { prompt }) => Math.max(most, prompt.length), 0);
  if (reward === undefined) throw new RangeError('reward: expected a reward model or a function, got none');
  return { prompts, reward: reward(longest + maxNewTokens) };
}

function templateOf(template: ChatTemplate | undefined): { readonly template?: ChatTemplate } {
  return template === undefined ? {} : { template };
}

function textOptions({ endOfText, limits, template }: Material) {
  const { maxPromptLength = null, maxCompletionLength = null } = limits;
  return { endOfText, maxPromptLength, maxCompletionLength, ...templateOf(template) };
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

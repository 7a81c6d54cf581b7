export { bradleyTerryLoss, type BradleyTerryLoss, type BradleyTerryOptions } from './losses/bradley-terry.ts';
export { dpoLoss, type DpoLoss, type PreferenceLoss, type PreferencePairs } from './losses/dpo.ts';
export {
  grpoAdvantages,
  grpoLoss,
  type GrpoBatch,
  type GrpoLoss,
  type GrpoLossOptions,
  type RewardScale,
} from './losses/grpo.ts';
export { klEstimate, type KlEstimator } from './losses/kl.ts';
export {
  logProbabilitiesOf,
  masked,
  maskedMean,
  sequenceSum,
  shifted,
  tokenEntropy,
} from './losses/log-probabilities.ts';
export { ppoLoss, type PpoBatch, type PpoLoss, type PpoLossOptions } from './losses/ppo.ts';
export { rebelLoss, type RebelLoss, type RebelLossOptions } from './losses/rebel.ts';
export { MovingAverageBaseline, reinforceLoss } from './losses/reinforce.ts';
export { clippedSequenceLoss, rlooAdvantages } from './losses/rloo.ts';
export { sftLoss, type SftLoss } from './losses/sft.ts';

export { AdaptiveKlCoefficient, type AdaptiveKlOptions } from './rewards/adaptive-kl.ts';
export { truncateCompletions, type Completions } from './rewards/completions.ts';
export { penalizeMissingEnd, type MissingEnd } from './rewards/missing-end.ts';
export { tokenAdvantages, type TokenAdvantagesOptions } from './rewards/token-advantages.ts';
export { tokenRewards, type RewardPlacement, type TokenRewardsOptions } from './rewards/token-rewards.ts';
export { whiten, type WhitenOptions } from './rewards/whiten.ts';

export {
  ModelError,
  readConfig,
  sizesOf,
  type ModelConfig,
  type ModelSizes,
  type NewModelConfig,
} from './model/config.ts';
export { createDecoder, type Decoder, type LoraConfig, type TextLayout } from './model/decoder.ts';
export { loadLora, mergeLora, saveLora, withLora, type LoraFiles, type LoraOptions } from './model/lora.ts';
export type { Attend } from './model/architecture.ts';
export type { Gpt2Config } from './model/gpt2.ts';
export type { GptNeoXConfig } from './model/gpt-neox.ts';
export type { LlamaConfig } from './model/llama.ts';

export {
  TextGenerator,
  type Generated,
  type GenerateOptions,
  type TextGeneratorOptions,
} from './generation/text-generator.ts';
export { sampleToken, type SampledToken, type SamplingOptions } from './generation/sampling.ts';
export { loadDecoder, saveDecoder, type ModelFiles } from './model/model-files.ts';
export { loadLlama2c } from './model/llama2c.ts';
export { rewardHead, textRewards, valueHead, type ScalarHead } from './model/heads.ts';

export {
  ByteLevelTokenizer,
  TokenizerError,
  wordPatterns,
  type AddedToken,
  type ByteLevelParts,
  type EncodeOptions,
} from './tokenizer/byte-level-tokenizer.ts';
export { readTokenizer, tokenizerJson } from './tokenizer/tokenizer-json.ts';
export { trainTokenizer, type TrainTokenizerOptions } from './tokenizer/train.ts';

export type { CompletionExample, PreferenceExample, PromptExample } from './data/examples.ts';
export type { ConversationOptions } from './data/conversations.ts';
export { readParquet } from './data/parquet.ts';
export { DataError, readJsonLines, type BadRowOptions, type Row } from './data/rows.ts';
export {
  completionExamples,
  preferenceExamples,
  promptExamples,
  type CompletionTextOptions,
  type Examples,
  type PromptTextOptions,
} from './data/text-examples.ts';
export type { TextEncoding } from './data/text-encoding.ts';

export {
  ChatTemplate,
  readChatTemplates,
  type ChatMessage,
  type ChatPart,
  type RenderOptions,
} from './templates/chat-template.ts';
export { encodeChat } from './templates/encode-chat.ts';
export { TemplateError } from './templates/python-values.ts';

export { completeAll, type CompleteOptions, type Completion } from './generation/complete-all.ts';
export { heldOutLoss } from './evaluation/held-out-loss.ts';
export { passAtK } from './evaluation/pass-at-k.ts';
export { preferenceAccuracy } from './evaluation/preference-accuracy.ts';
export { rouge, type Overlap } from './evaluation/rouge.ts';
export { winRateCallback, type WinRateCallbackOptions } from './evaluation/win-rate-callback.ts';
export {
  winRate,
  type Estimate,
  type PairwiseJudge,
  type WinRate,
  type WinRateOptions,
} from './evaluation/win-rate.ts';
export { copyDecoder } from './model/decoder.ts';
export { RewardModel, type RewardModelOptions } from './model/reward-model.ts';
export { DpoTrainer, dpoDefaults, type DpoInputs, type DpoOptions } from './trainers/dpo.ts';
export { RewardTrainer, rewardDefaults, type RewardInputs, type RewardOptions } from './trainers/reward.ts';
export { SftTrainer, sftDefaults, type SftInputs, type SftOptions } from './trainers/sft.ts';
export type { TrainerOptions } from './trainers/trainer.ts';
export { GrpoTrainer, grpoDefaults, type GrpoOptions } from './trainers/grpo.ts';
export { PpoTrainer, ppoDefaults, type PpoInputs, type PpoOptions } from './trainers/ppo.ts';
export { RebelTrainer, rebelDefaults, type RebelOptions } from './trainers/rebel.ts';
export { ReinforceTrainer, reinforceDefaults, type ReinforceOptions } from './trainers/reinforce.ts';
export { RlooTrainer, rlooDefaults, type RlooOptions } from './trainers/rloo.ts';
export type { CompletionRow, OnlineProgress } from './trainers/rollouts.ts';
export type { EnvironmentInputs, OnlineInputs, OnlineOptions, PromptInputs } from './trainers/online-options.ts';
export type { NamedReward, Reward, RewardDetails, RewardFunction, TextCodec } from './trainers/rewards.ts';
export type { ReferenceSync } from './trainers/reference.ts';

export {
  EpisodePlayer,
  type Episode,
  type EpisodePlayerOptions,
  type EpisodeStart,
  type EpisodeTokenizer,
  type PlayOptions,
} from './environments/episode-player.ts';
export { demonstrate, type DemonstrateOptions } from './environments/demonstrate.ts';
export type { TextEnvironment, Tool } from './environments/text-environment.ts';
export {
  TextGameEnvironment,
  commandTurn,
  type GameText,
  type PlayableGame,
  type TextGameOptions,
} from './environments/text-game-environment.ts';
export type { ToolFormat } from './environments/tool-calls.ts';

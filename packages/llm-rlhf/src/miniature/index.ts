export { makeMiniature, type Miniature, type MiniatureOptions } from './data.ts';
export { drawPost, POST_LENGTH, readPost, type Clause, type Post } from './post.ts';
export { humanFaults, humanSummary, idealSummary, SUMMARY_LENGTH } from './summaries.ts';
export { judgeSummary, type Judgement } from './judge.ts';
export { LABEL_TEMPERATURE, labelPairs, preferenceProbability, type SummaryPair } from './preferences.ts';
export { goldJudge, meanGold, winRate, type WinRateOptions } from './win-rate.ts';
export type { Estimate, PairwiseJudge, WinRate } from '../evaluation/win-rate.ts';
export {
  miniatureMethods,
  scoreMiniature,
  trainMiniature,
  type MiniatureScore,
  type TrainMiniatureOptions,
  miniatureModel,
  miniatureSettings,
  prepareMiniature,
  withFewerLabels,
  type FewerLabelsOptions,
  type MiniatureMethod,
  type MiniatureStudyOptions,
  type PreparedMiniature,
} from './study.ts';
export { END, miniatureTokenizer, PAD } from './vocabulary.ts';
export { WordTokenizer } from './word-tokenizer.ts';

import type { DrrnOptions } from './drrn-options.ts';

/** Options under which a figure was reached. */
export interface DrrnSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps. */
  readonly steps: number;
  readonly options: Partial<DrrnOptions>;
}

/** For worlds where hardly any episode has a reward: episodes that had one are seen often, and γ lets it be felt from far away. */
const rareRewards: Partial<DrrnOptions> = {
  embeddingSize: 32,
  hiddenSize: 64,
  learningRate: 1e-3,
  gamma: 0.97,
  nSteps: 3,
  sampling: { kind: 'episodes' },
  exploration: { kind: 'softmax', temperature: 0.02 },
};

/** For DRRN: `gradus` are our own, in worlds of coin collector, treasure hunt and cooking. */
export const drrnSettings: Readonly<Record<'gradus', Readonly<Record<string, DrrnSettings>>>> = {
  gradus: {
    'CoinCollector-v0': { numEnvs: 8, steps: 10_000, options: rareRewards },
    'CoinCollector20-v0': { numEnvs: 8, steps: 100_000, options: rareRewards },
    'TreasureHunt-v0': { numEnvs: 8, steps: 100_000, options: rareRewards },
    'Cooking-v0': { numEnvs: 8, steps: 100_000, options: rareRewards },
  },
};

/** For template DQN, our own. */
export const tdqnSettings: Readonly<Record<'gradus', Readonly<Record<string, DrrnSettings>>>> = {
  gradus: { 'CoinCollector-v0': { numEnvs: 8, steps: 10_000, options: rareRewards } },
};

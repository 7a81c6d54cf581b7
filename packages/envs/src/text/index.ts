import { registerEnv } from '../registry.ts';
import { textEnv } from './text-env.ts';
import { coinCollector } from './worlds/coin-collector.ts';
import { cooking } from './worlds/cooking.ts';
import { treasureHunt } from './worlds/treasure-hunt.ts';

export { textEnv, type TextEnv, type TextEnvOptions } from './text-env.ts';
export { transcript } from './transcript.ts';
export type { TextGame, TextGrammar, TextState, TextStep } from './text-game.ts';
export { coinCollector, type CoinCollectorOptions } from './worlds/coin-collector.ts';
export { cooking, type CookingOptions } from './worlds/cooking.ts';
export { fact, type Fact } from './worlds/facts.ts';
export { rule, type Rule, type RuleText } from './worlds/rules.ts';
export { treasureHunt, type TreasureHuntOptions } from './worlds/treasure-hunt.ts';
export { WorldGame, type WorldOptions } from './worlds/world-game.ts';
export type { World, WorldGenerator } from './worlds/world.ts';
export { StoryError } from './zmachine/story-error.ts';
export type { StoryGenerator } from './zmachine/story-random.ts';
export { ZMachineGame, type ZMachineOptions } from './zmachine/z-machine-game.ts';

// As many words and actions as the texts of these worlds have at most.
const coinCollectorDefaults = { level: 5, distractors: 1, world: 0, maxEpisodeSteps: 100 };
for (const [id, level] of [
  ['CoinCollector-v0', 5],
  ['CoinCollector20-v0', 20],
] as const) {
  registerEnv({
    id,
    defaults: { ...coinCollectorDefaults, level },
    create: ({ maxEpisodeSteps, ...options }) =>
      textEnv(coinCollector(options), { maxEpisodeSteps, maxActions: 8, maxWords: 32, maxActionWords: 3 }),
  });
}
registerEnv({
  id: 'TreasureHunt-v0',
  defaults: { level: 5, world: 0, maxEpisodeSteps: 100 },
  create: ({ maxEpisodeSteps, ...options }) =>
    textEnv(treasureHunt(options), { maxEpisodeSteps, maxActions: 12, maxWords: 64, maxActionWords: 6 }),
});
registerEnv({
  id: 'Cooking-v0',
  defaults: { level: 2, world: 0, maxEpisodeSteps: 100 },
  create: ({ maxEpisodeSteps, ...options }) =>
    textEnv(cooking(options), { maxEpisodeSteps, maxActions: 32, maxWords: 64, maxActionWords: 4 }),
});

export { textEnv, type TextEnv, type TextEnvOptions } from './text-env.ts';
export type { TextGame, TextGrammar, TextState, TextStep } from './text-game.ts';

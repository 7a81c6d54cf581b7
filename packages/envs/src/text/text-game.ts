import type { ResetOptions, StateDict } from '@gradus/core';

/** What a player of a text game is told, and may do. */
export interface TextState {
  /** What the game answered to the last command; at first what it begins with. */
  readonly observation: string;
  /** What the command `look` would tell. */
  readonly look: string;
  /** What the command `inventory` would tell. */
  readonly inventory: string;
  readonly score: number;
  /** Commands of this episode so far, as the game counts them. */
  readonly moves: number;
  /** Commands that change the world, always in the same order in the same state. Empty where the game has ended. */
  readonly validActions: readonly string[];
}

/** What a command led to. Games are never truncated: that is up to whoever plays them, such as `textEnv`. */
export interface TextStep extends TextState {
  /** By how much the score has changed. */
  readonly reward: number;
  /** Whether the game has ended, won or lost. */
  readonly terminated: boolean;
}

/** What commands are made of: those that a game understands are among the templates with nouns for their holes. */
export interface TextGrammar {
  /** Such as `go north` or `put OBJ in OBJ`, with up to two holes `OBJ` each. */
  readonly templates: readonly string[];
  /** What may stand for `OBJ`, a word or several. */
  readonly nouns: readonly string[];
}

/**
 * A text adventure, played in words (S3.6): call `reset`, then `step` with a command until `terminated`, then `reset` again. `textEnv` makes an `Env` of it.
 * A command that the game does not understand, or that is in vain, gets an answer like any other.
 */
export interface TextGame {
  /** The most that can be scored; undefined where nobody knows. */
  readonly maxScore: number | undefined;
  /** Undefined where nobody knows. */
  readonly grammar?: TextGrammar | undefined;
  /** Begins the game. `seed` makes this and all following episodes reproducible; without it the random stream goes on. */
  reset(options?: ResetOptions): TextState;
  /** Throws `EnvError` before the first `reset`, and once the game has ended. */
  step(command: string): TextStep;
  /** A snapshot of everything that decides what follows, random streams too. */
  getState(): StateDict;
  /** Puts a snapshot back, and tells what was told then. Throws `CheckpointError` where it does not fit. */
  setState(state: StateDict): TextState;
}

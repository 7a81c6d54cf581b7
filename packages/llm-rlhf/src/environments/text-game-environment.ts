import { havingMethods, naturalNumber, objectOf } from '@gradus/core';
import { checkArguments, checkOptions, flag, optional } from '@gradus/tensor';
import { aText, textList } from '../checks.ts';
import { aRow, type Row } from '../data/rows.ts';
import type { TextEnvironment, Tool } from './text-environment.ts';
import { formatChecks, usualFormat, type ToolFormat } from './tool-calls.ts';

/** What is told of a text game. */
export interface GameText {
  /** What it answered to the last command; at first what it begins with. */
  readonly observation: string;
  /** Commands that change the world. */
  readonly validActions: readonly string[];
}

/** A text game, such as the worlds and stories of `@gradus/envs/text`. */
export interface PlayableGame {
  reset(options: { readonly seed: number }): GameText;
  step(command: string): GameText & { readonly reward: number; readonly terminated: boolean };
}

/** How a text game is told. */
export interface TextGameOptions {
  /** Whether commands that change the world are listed behind each text. Default true. */
  readonly tellActions?: boolean | undefined;
}

/**
 * A text game whose player is a language model (S3.6): each turn is a call of the tool `act` with a command, the game's text its result, and what the command scored
 * the turn's reward. A row is `{ seed }`, which game it is. When the game is over, the text says so, and a turn without a call is what is left.
 */
export class TextGameEnvironment implements TextEnvironment {
  readonly tools: Readonly<Record<'act', Tool>> = { act: ({ command }) => this.act(command) };
  private readonly game: PlayableGame;
  private readonly tellActions: boolean;
  private unpaid = 0;
  private isOver = true;

  /** @param game nobody else plays it */
  constructor(game: PlayableGame, options: TextGameOptions = {}) {
    const isGame = havingMethods('a text game (with reset and step)', 'reset', 'step');
    checkArguments('TextGameEnvironment', { game }, { game: isGame });
    checkOptions('TextGameEnvironment', options, { tellActions: optional(flag) });
    this.game = game;
    this.tellActions = options.tellActions ?? true;
  }

  /** @throws RangeError for a row without a seed, and for a game that begins with no text at once. */
  reset(row: Row): string {
    checkArguments('TextGameEnvironment', { row }, { row: aRow });
    checkOptions('TextGameEnvironment: the row', { seed: row.seed }, { seed: naturalNumber });
    this.unpaid = 0;
    this.isOver = false;
    const told = this.game.reset({ seed: row.seed as number });
    // Valid actions may take long to find out, and are looked at only where they are told.
    const aGameText = this.tellActions
      ? objectOf("a game's text (with observation and validActions)", { observation: aText, validActions: textList })
      : objectOf("a game's text (with observation)", { observation: aText });
    const name = 'what reset of the game returns';
    checkArguments('TextGameEnvironment', { [name]: told }, { [name]: aGameText });
    return this.textOf(told);
  }

  turnReward(): number {
    const reward = this.unpaid;
    this.unpaid = 0;
    return reward;
  }

  /** Nothing: what it was worth is what its turns were. */
  reward(): number {
    return 0;
  }

  private act(command: unknown): string {
    if (this.isOver) throw new Error('the game is over');
    if (typeof command !== 'string') throw new Error('expected a command');
    const told = this.game.step(command);
    this.unpaid += told.reward;
    this.isOver = told.terminated;
    return this.textOf(told);
  }

  private textOf(told: GameText): string {
    const { observation } = told;
    if (this.isOver) return `${observation}\nThe game is over.`;
    const actions = this.tellActions ? told.validActions : [];
    return actions.length > 0 ? `${observation}\nCommands: ${actions.join(', ')}.` : observation;
  }
}

/** The turn of a model that gives a command: what a walkthrough is made of. */
export function commandTurn(command: string, format: Partial<ToolFormat> = {}): string {
  checkArguments('commandTurn', { command }, { command: aText });
  checkOptions('commandTurn: format', format, formatChecks);
  const { callStart, callEnd } = { ...usualFormat, ...format };
  const call = `{"name": "act", "arguments": {"command": ${JSON.stringify(command)}}}`;
  return `${callStart}${call}${callEnd}`;
}

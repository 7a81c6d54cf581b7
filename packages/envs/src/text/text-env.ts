import {
  Box,
  Dict,
  Discrete,
  EnvError,
  checkArguments,
  checkRenderContext,
  havingMethods,
  positiveInteger,
  readNumber,
  readState,
  type Env,
  type RenderContext,
  type RenderFormat,
  type ResetOptions,
  type ResetResult,
  type StateDict,
  type StepResult,
} from '@gradus/core';
import { envOptions, integerBetween } from '../env-options.ts';
import { renderTextPage, textPageFormat } from '../rendering/text-page.ts';
import { TemplateNumbers } from './template-numbers.ts';
import type { TextGame, TextState } from './text-game.ts';
import { writeWordIds } from './word-ids.ts';

/** How a text game is shown in numbers. */
export interface TextEnvOptions {
  /** Steps after which an episode is truncated. Default 100 (Hausknecht et al., 2020). */
  readonly maxEpisodeSteps?: number | undefined;
  /** Valid actions that can be chosen from: of more, the first ones. Default 32. */
  readonly maxActions?: number | undefined;
  /** Words of each text that are shown: of more, the first ones. Default 64. */
  readonly maxWords?: number | undefined;
  /** Words of each action that are shown. Default 6. */
  readonly maxActionWords?: number | undefined;
  /** Numbers of words are below it. Default 4096. */
  readonly vocabulary?: number | undefined;
}

/** A text game as an `Env`. */
export interface TextEnv extends Env<Float32Array, number> {
  readonly game: TextGame;
  /** What was told last, in words. Throws `EnvError` before the first `reset`. */
  readonly told: TextState;
}

const checks = {
  maxActions: positiveInteger,
  maxWords: positiveInteger,
  maxActionWords: positiveInteger,
  vocabulary: integerBetween(2, 65_536),
};

const isGame = havingMethods(
  'a text game (with reset, step, getState and setState)',
  'reset',
  'step',
  'getState',
  'setState',
);

/** Points of the part `score` where nobody knows how many there are. */
const UNKNOWN_SCORE = 100;

/**
 * An `Env` of a text game, for `Drrn` and whatever else can learn in it. Its observation is a `Dict` of numbers of words, 0 behind the last one of a text:
 * `observation`, `look` and `inventory`, [maxWords] each, `actions`, [maxActions × maxActionWords], which are the valid ones, and `score`, [1], as a part of
 * what there is. Action i is the i-th valid one; masks say which those are, and any other does nothing, in a step that counts.
 *
 * Of a game whose grammar is known `templates`, [maxActions × 3], says what valid actions are made of, for `Tdqn`: the number of a template, and those of up to
 * two nouns, counted from 1, 0 where there is none.
 *
 *     const env = textEnv(coinCollector({ level: 5 }));
 *     env.reset({ seed: 1 });
 *     env.told.validActions; // [ 'go east', 'go north' ]
 *     env.step(1);
 */
export function textEnv(game: TextGame, options: TextEnvOptions = {}): TextEnv {
  checkArguments('textEnv', { game }, { game: isGame });
  return new GameEnv(game, envOptions('textEnv', options, checks));
}

class GameEnv implements TextEnv {
  readonly game: TextGame;
  readonly observationSpace: Dict;
  readonly actionSpace: Discrete;
  readonly maxEpisodeSteps: number;
  private readonly maxActions: number;
  private readonly vocabulary: number;
  private readonly templates: TemplateNumbers | undefined;
  private current: TextState | undefined;
  private steps = 0;
  private isOver = true;

  constructor(game: TextGame, options: TextEnvOptions) {
    const { maxEpisodeSteps = 100, maxActions = 32, maxWords = 64, maxActionWords = 6, vocabulary = 4096 } = options;
    const words = (...shape: number[]): Box => new Box(0, vocabulary - 1, shape, { dtype: 'uint16' });
    this.game = game;
    this.maxEpisodeSteps = maxEpisodeSteps;
    this.maxActions = maxActions;
    this.vocabulary = vocabulary;
    this.actionSpace = new Discrete(maxActions);
    const { grammar } = game;
    this.templates = grammar && new TemplateNumbers(grammar);
    const [templates, nouns] = [grammar?.templates.length ?? 0, grammar?.nouns.length ?? 0];
    const most = Array.from({ length: maxActions }, () => [templates, nouns, nouns]).flat();
    this.observationSpace = new Dict({
      actions: words(maxActions, maxActionWords),
      inventory: words(maxWords),
      look: words(maxWords),
      observation: words(maxWords),
      score: new Box(-Infinity, Infinity, [1]),
      ...(grammar && { templates: new Box(0, most, [maxActions, 3], { dtype: 'uint16' }) }),
    });
  }

  get told(): TextState {
    if (!this.current) throw new EnvError('told: nothing was told yet, expected a call of reset first');
    return this.current;
  }

  reset(options: ResetOptions = {}): ResetResult<Float32Array> {
    this.current = this.game.reset(options);
    this.steps = 0;
    this.isOver = false;
    return { observation: this.observe(this.current) };
  }

  step(action: number): StepResult<Float32Array> {
    if (this.isOver) throw new EnvError('step: no episode is going on, expected a call of reset first');
    const problem = this.actionSpace.problem(action);
    if (problem !== undefined) throw new EnvError(`action ${problem}`);
    const { told } = this;
    const command = told.validActions.at(action);
    let [reward, terminated] = [0, false];
    if (command !== undefined) {
      const next = this.game.step(command);
      ({ reward, terminated } = next);
      this.current = next;
    }
    const truncated = ++this.steps >= this.maxEpisodeSteps;
    this.isOver = terminated || truncated;
    return { observation: this.observe(this.told), reward, terminated, truncated };
  }

  actionMask(): Uint8Array {
    const mask = new Uint8Array(this.maxActions);
    // Where nothing can be done everything may be tried, since masks have to leave something.
    return mask.fill(1, 0, this.told.validActions.length || this.maxActions);
  }

  getState(): StateDict {
    return { game: this.game.getState(), steps: this.steps, isOver: this.isOver };
  }

  setState(state: StateDict): void {
    this.current = this.game.setState(readState(state, 'game'));
    this.steps = readNumber(state, 'steps');
    this.isOver = state.isOver === true;
  }

  get renderFormat(): RenderFormat {
    return textPageFormat;
  }

  render(context: RenderContext): void {
    checkRenderContext(context);
    const { told, game } = this;
    const score = `score ${told.score}${game.maxScore === undefined ? '' : ` of ${game.maxScore}`}, moves ${told.moves}`;
    renderTextPage(context, { ...told, score });
  }

  private observe({ observation, look, inventory, score, validActions }: TextState): Float32Array {
    const { observationSpace, vocabulary, maxActions, templates } = this;
    const { maxScore = UNKNOWN_SCORE } = this.game;
    const row = new Float32Array(observationSpace.size);
    const texts: Readonly<Record<string, string>> = { observation, look, inventory };
    for (const { name, start, end } of observationSpace.layout) {
      if (name === 'score') row[start] = score / maxScore;
      else if (name === 'templates') {
        validActions.slice(0, maxActions).forEach((action, i) => row.set(templates?.of(action) ?? [], start + 3 * i));
      } else if (name !== 'actions') writeWordIds(texts[name], vocabulary, row, start, end - start);
      else {
        const length = (end - start) / maxActions;
        validActions
          .slice(0, maxActions)
          .forEach((action, i) => writeWordIds(action, vocabulary, row, start + i * length, length));
      }
    }
    return row;
  }
}

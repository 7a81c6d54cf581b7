import {
  aDevice,
  aRandomSource,
  havingMethods,
  Random,
  spawnSeed,
  type DeviceOption,
  type RandomSource,
} from '@gradus/core';
import { checkArguments, checkOptions, optional, positiveInteger, valueText, type OptionCheck } from '@gradus/tensor';
import { arrayOf, checkNeeded, isFloat32, tokenId } from '../checks.ts';
import type { Row } from '../data/rows.ts';
import type { TextEncoding } from '../data/text-encoding.ts';
import { samplingChecks, type SamplingOptions } from '../generation/sampling.ts';
import { TextGenerator } from '../generation/text-generator.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import { anEnvironment, type TextEnvironment } from './text-environment.ts';
import {
  aFormat,
  callsIn,
  formatChecks,
  promptTokensOf,
  resultOf,
  resultTokens,
  usualFormat,
  type ToolFormat,
} from './tool-calls.ts';

/** What makes texts of tokens, and of texts tokens. */
export interface EpisodeTokenizer extends TextEncoding {
  decode(tokens: ArrayLike<number>): string;
}

/** How episodes are played. */
export interface EpisodePlayerOptions extends DeviceOption {
  /** Episodes that are played at a time. */
  readonly rows: number;
  /** Tokens of the longest episode. One ends where another turn of `maxNewTokens` would not fit. */
  readonly maxLength: number;
  /** Tokens of the longest turn of the model. */
  readonly maxNewTokens: number;
  /** Turns of the model. Default: as many as `maxLength` has room for. */
  readonly maxTurns?: number;
  /** Tokens that end a turn, and are its last, unless a call has others. */
  readonly stopTokens: readonly number[];
  /** How calls and their results stand in texts. Default: {@link ToolFormat}'s. */
  readonly format?: Partial<ToolFormat>;
}

/** An episode to be played: its environment, of which nobody else has hold, and the row of a data set that it begins with. */
export interface EpisodeStart {
  readonly environment: TextEnvironment;
  /** Default: an empty one. */
  readonly row?: Row;
}

/** How tokens are drawn. */
export interface PlayOptions extends SamplingOptions {
  /** Tokens that end a turn, and are its last. Default: the player's. */
  readonly stopTokens?: readonly number[];
  /** What is drawn follows from it alone. */
  readonly random: RandomSource;
}

/** An episode as it was played, in tokens: of what the model wrote they are the ones that it drew, whatever the tokenizer would make of their text. */
export interface Episode {
  /** The beginning, turns of the model and results of tools, one behind the other. */
  readonly tokens: Int32Array;
  /** 1 for the tokens that the model wrote. */
  readonly modelMask: Uint8Array;
  /** log π of those at the temperature that they were drawn at; 0 for others. */
  readonly logProbabilities: Float32Array;
  /** What it was worth: the sum of what its turns were, and of what it was in the end. */
  readonly reward: number;
  /** What turns were worth by themselves, at the last token of each; 0 elsewhere. */
  readonly turnRewards: Float32Array;
  /** Turns of the model. */
  readonly turns: number;
  /** Calls of tools, and how many of these were wrong. */
  readonly calls: number;
  readonly failedCalls: number;
  /** Whether the model came to an end, with a turn that a stop token ended and in which there was no call; else there was no room for more. */
  readonly ended: boolean;
}

/** An episode that is being played. */
interface Played {
  /** Its number among those that are played. */
  readonly index: number;
  readonly environment: TextEnvironment;
  readonly tokens: number[];
  readonly modelMask: number[];
  readonly logProbabilities: number[];
  readonly turnRewards: number[];
  turns: number;
  calls: number;
  failedCalls: number;
  answer: string;
  ended: boolean;
  isOver: boolean;
}

const someTokens: OptionCheck = arrayOf('tokens', tokenId.accepts);
const isStarts: OptionCheck = arrayOf('episodes (with an environment, and perhaps a row)', (start) =>
  anEnvironment.accepts((start as Partial<EpisodeStart> | null)?.environment),
);

/**
 * Has a model play episodes of several turns in environments with tools, many at a time: token in, token out. What a model has written goes into its next turn,
 * and into training, as the tokens that it drew; no text is made tokens of twice. Special tokens that results of tools spell are text like any other.
 */
export class EpisodePlayer {
  private readonly tokenizer: EpisodeTokenizer;
  private readonly options: Required<Pick<EpisodePlayerOptions, 'rows' | 'maxLength' | 'maxNewTokens' | 'maxTurns'>>;
  private readonly format: ToolFormat;
  private readonly generator: TextGenerator;

  /** @throws RangeError for a wrong option, and for episodes that are no longer than a turn, or longer than the texts that the decoder knows. */
  constructor(decoder: Decoder, tokenizer: EpisodeTokenizer, options: EpisodePlayerOptions) {
    const isTokenizer = havingMethods('a tokenizer (with encode and decode)', 'encode', 'decode');
    checkArguments('EpisodePlayer', { decoder, tokenizer }, { decoder: aDecoder, tokenizer: isTokenizer });
    checkNeeded('EpisodePlayer', options, {
      rows: positiveInteger,
      maxLength: positiveInteger,
      maxNewTokens: positiveInteger,
      maxTurns: optional(positiveInteger),
      stopTokens: someTokens,
      format: optional(aFormat),
      device: optional(aDevice),
    });
    const { rows, maxLength, maxNewTokens, maxTurns = maxLength, stopTokens, format = {}, device } = options;
    checkOptions('EpisodePlayer: format', format, formatChecks);
    const promptLength = maxLength - maxNewTokens;
    if (promptLength < 1) {
      throw new RangeError(
        `EpisodePlayer: expected maxLength to be more than the ${maxNewTokens} tokens of a turn, got ${maxLength}`,
      );
    }
    const longest = decoder.sizes.positions;
    if (maxLength > longest) {
      throw new RangeError(
        `EpisodePlayer: expected maxLength to be at most ${longest}, the model's longest text, got ${maxLength}`,
      );
    }
    this.tokenizer = tokenizer;
    this.options = { rows, maxLength, maxNewTokens, maxTurns };
    this.format = { ...usualFormat, ...format };
    this.generator = new TextGenerator(decoder, { rows, promptLength, maxNewTokens, stopTokens, device });
  }

  /**
   * Plays any number of episodes to their ends. One number of `random` begins a stream for each of them, so that what one draws does not depend on the others.
   * @throws RangeError for a beginning that is empty or leaves no room for a turn, and for a reward that is not finite, by the number of the episode.
   */
  async play(starts: readonly EpisodeStart[], options: PlayOptions): Promise<Episode[]> {
    checkArguments('play', { starts }, { starts: isStarts });
    checkNeeded('play', options, { ...samplingChecks, stopTokens: optional(someTokens), random: aRandomSource });
    const { random, ...sampling } = options;
    const seed = Math.floor(random.nextFloat() * 2 ** 53);
    const episodes: Episode[] = [];
    for (let first = 0; first < starts.length; first += this.options.rows) {
      const part = starts.slice(first, first + this.options.rows);
      const played = await Promise.all(part.map((start, i) => this.begin(start, first + i)));
      while (played.some(({ isOver }) => !isOver)) {
        await this.turn(
          played.filter(({ isOver }) => !isOver),
          sampling,
          seed,
        );
      }
      episodes.push(...(await Promise.all(played.map(finished))));
    }
    return episodes;
  }

  private async begin({ environment, row = {} }: EpisodeStart, index: number): Promise<Played> {
    const { maxLength, maxNewTokens } = this.options;
    const tokens = await promptTokensOf(`play: episode ${index}`, environment, row, this.tokenizer);
    const room = maxLength - maxNewTokens;
    if (tokens.length === 0 || tokens.length > room) {
      throw new RangeError(
        `play: episode ${index}: expected a beginning of 1 to ${room} tokens, behind which a turn fits, got ${tokens.length}`,
      );
    }
    const [modelMask, logProbabilities, turnRewards] = [0, 1, 2].map(() => tokens.map(() => 0));
    const counts = { turns: 0, calls: 0, failedCalls: 0 };
    return {
      ...{ index, environment, tokens, modelMask, logProbabilities, turnRewards },
      ...{ ...counts, answer: '', ended: false, isOver: false },
    };
  }

  /** A turn of the model in each of these episodes, and what tools answer. */
  private async turn(played: readonly Played[], sampling: Omit<PlayOptions, 'random'>, seed: number): Promise<void> {
    const { maxNewTokens } = this.options;
    const prompts = played.map(({ tokens }) => tokens);
    const random = played.map(({ index, turns }) => new Random(spawnSeed(seed, index, turns)));
    const generated = this.generator.generate(prompts, { ...sampling, random });
    await Promise.all(
      played.map(async (episode, row) => {
        const [first, length] = [row * maxNewTokens, generated.lengths[row]];
        const written = Array.from(generated.tokens.subarray(first, first + length));
        append(episode, written, 1, generated.logProbabilities.subarray(first, first + length));
        episode.turns++;
        await this.answer(episode, written, generated.ended[row] === 1);
      }),
    );
  }

  /** Has the calls of a turn answered, or ends the episode. */
  private async answer(episode: Played, written: readonly number[], hasStopped: boolean): Promise<void> {
    const { maxLength, maxNewTokens, maxTurns } = this.options;
    episode.answer = this.tokenizer.decode(hasStopped ? written.slice(0, -1) : written);
    const calls = callsIn(episode.answer, this.format);
    const results: string[] = [];
    // One after the other, as they were written.
    for (const call of calls) {
      const { text, failed } = await resultOf(call, episode.environment);
      results.push(text);
      episode.calls++;
      episode.failedCalls += Number(failed);
    }
    const worth = (await episode.environment.turnReward?.()) ?? 0;
    episode.turnRewards[episode.tokens.length - 1] = rewardOf(worth, episode.index);
    if (calls.length === 0) {
      episode.ended = hasStopped;
      episode.isOver = true;
      return;
    }
    const feedback = resultTokens(results, this.tokenizer, this.format);
    if (episode.turns === maxTurns || episode.tokens.length + feedback.length + maxNewTokens > maxLength) {
      episode.isOver = true;
      return;
    }
    append(episode, feedback, 0);
  }

  /** Frees what the generator holds; the decoder stays. */
  dispose(): void {
    this.generator.dispose();
  }
}

function append(episode: Played, tokens: readonly number[], byModel: 0 | 1, logProbabilities?: Float32Array): void {
  tokens.forEach((token, i) => {
    episode.tokens.push(token);
    episode.modelMask.push(byModel);
    episode.logProbabilities.push(logProbabilities?.[i] ?? 0);
    episode.turnRewards.push(0);
  });
}

function rewardOf(reward: number, index: number): number {
  if (isFloat32(reward)) return reward;
  throw new RangeError(
    `play: episode ${index}: expected a reward that is a finite number, at most 3.4e38, got ${valueText(reward)}`,
  );
}

async function finished(episode: Played): Promise<Episode> {
  const { index, environment, tokens, modelMask, logProbabilities, turnRewards } = episode;
  const { turns, calls, failedCalls, ended } = episode;
  const final = rewardOf(await environment.reward(episode.answer), index);
  return {
    tokens: Int32Array.from(tokens),
    modelMask: Uint8Array.from(modelMask),
    logProbabilities: Float32Array.from(logProbabilities),
    reward: rewardOf(
      turnRewards.reduce((sum, reward) => sum + reward, final),
      index,
    ),
    turnRewards: Float32Array.from(turnRewards),
    ...{ turns, calls, failedCalls, ended },
  };
}

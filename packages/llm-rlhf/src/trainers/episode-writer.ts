import { aFunction, type Metrics, type Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { isRecord } from '../data/rows.ts';
import { EpisodePlayer, type Episode } from '../environments/episode-player.ts';
import { meanOf } from '../mean.ts';
import type { EnvironmentInputs, OnlineOptions } from './online-options.ts';
import type { TextWriter, Written } from './text-writer.ts';
import type { Text, TextRoom } from './texts.ts';

const someRows: t.OptionCheck = {
  expected: 'a list of at least one row, each an object',
  accepts: (value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isRecord),
};

/** Plays episodes of several turns, which say themselves what they were worth. */
export class EpisodeWriter implements TextWriter {
  readonly room: TextRoom;
  private readonly inputs: EnvironmentInputs;
  private readonly options: OnlineOptions;
  private readonly player: EpisodePlayer;

  /** Throws `RangeError` for what is no environment, rows that are none, and sizes that do not fit. */
  constructor(subject: string, inputs: EnvironmentInputs, options: OnlineOptions, device: t.Device) {
    const { model, environment, rows, tokenizer, endOfText, maxLength, maxTurns, format } = inputs;
    const { batchSize, maxNewTokens } = options;
    t.checkArguments(subject, { environment, rows }, { environment: aFunction, rows: someRows });
    this.inputs = inputs;
    this.options = options;
    this.player = new EpisodePlayer(model, tokenizer, {
      ...{ rows: batchSize, maxLength, maxNewTokens, stopTokens: [endOfText], device },
      ...(maxTurns !== undefined && { maxTurns }),
      ...(format !== undefined && { format }),
    });
    // A beginning has a token at least, and each episode its own.
    this.room = { rows: batchSize, group: 1, time: maxLength - 1, positions: maxLength };
  }

  get rowCount(): number {
    return this.inputs.rows.length;
  }

  async write(chosen: readonly number[], random: Random): Promise<Written> {
    const { environment, rows } = this.inputs;
    const { temperature, topK, topP } = this.options;
    const starts = chosen.map((row) => ({ environment: environment(), row: rows[row] }));
    const episodes = await this.player.play(starts, { temperature, topK, topP, random });
    const beginnings = episodes.map(({ modelMask }) => modelMask.indexOf(1));
    /** What stands behind beginnings, [episodes × time]. */
    const side = <Values extends Float32Array | Int32Array>(
      into: Values,
      of: (episode: Episode) => ArrayLike<number>,
    ) => {
      episodes.forEach((episode, i) => {
        into.set(Array.from(of(episode)).slice(beginnings[i]), i * this.room.time);
      });
      return into;
    };
    const size = episodes.length * this.room.time;
    const scores = Float32Array.from(episodes, ({ reward }) => reward);
    return {
      texts: episodes.map(({ tokens, modelMask }, i) => ({
        prompt: tokens.subarray(0, beginnings[i]),
        completion: tokens.subarray(beginnings[i]),
        mask: modelMask.subarray(beginnings[i]),
      })),
      completions: {
        tokens: side(new Int32Array(size), ({ tokens }) => tokens),
        lengths: Int32Array.from(episodes, ({ tokens }, i) => tokens.length - beginnings[i]),
        mask: side(new Float32Array(size), ({ modelMask }) => modelMask),
        ended: Uint8Array.from(episodes, ({ ended }) => Number(ended)),
      },
      logProbabilities: side(new Float32Array(size), ({ logProbabilities }) => logProbabilities),
      rewards: { reward: scores },
      scores,
      turnRewards: side(new Float32Array(size), ({ turnRewards }) => turnRewards),
      metrics: metricsOf(episodes),
    };
  }

  decode(texts: readonly Text[]): Readonly<Record<'prompts' | 'completions', readonly string[]>> {
    const { tokenizer } = this.inputs;
    return {
      prompts: texts.map(({ prompt }) => tokenizer.decode(prompt)),
      completions: texts.map(({ completion }) => tokenizer.decode(completion)),
    };
  }

  dispose(): void {
    this.player.dispose();
  }
}

/** What TRL reports of tools. */
function metricsOf(episodes: readonly Episode[]): Metrics {
  const calls = episodes.reduce((sum, each) => sum + each.calls, 0);
  const failed = episodes.reduce((sum, each) => sum + each.failedCalls, 0);
  return {
    'episodes/mean_turns': meanOf(episodes.map(({ turns }) => turns)),
    'tools/call_frequency': calls / episodes.length,
    ...(calls > 0 && { 'tools/failure_frequency': failed / calls }),
  };
}

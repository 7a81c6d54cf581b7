import { Random } from '@gradus/core';
import {
  demonstrate,
  EpisodePlayer,
  logProbabilitiesOf,
  shifted,
  type Episode,
  type EpisodePlayerOptions,
  type EpisodeStart,
  type EpisodeTokenizer,
  type TextEnvironment,
  type Tool,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from './golden.ts';
import { chain, tokenizerOf } from './chain.ts';
import { load } from './load.ts';

/** An environment that writes down what happens to it. */
class Counting implements TextEnvironment {
  readonly calls: unknown[] = [];
  readonly answers: string[] = [];
  readonly tools: Readonly<Record<string, Tool>> = {
    add: ({ a, b }) => {
      this.calls.push([a, b]);
      if (typeof a !== 'number' || typeof b !== 'number') throw new Error('expected numbers');
      return a + b;
    },
  };

  reset({ question }: { readonly question?: unknown }): string {
    return String(question);
  }

  reward(answer: string): number {
    this.answers.push(answer);
    return this.calls.length;
  }
}

const call = (given: string): string => `{"name": "add", "arguments": ${given}}`;
const marks = ['<tool_call>', '</tool_call>', '<tool_response>', '</tool_response>', '<end>', '|'];
const greedy = { temperature: 0, random: new Random(1) } as const;

async function playChain(
  words: readonly string[],
  next: Readonly<Record<string, string>>,
  options: Partial<EpisodePlayerOptions> = {},
  environment = new Counting(),
): Promise<{ text: string; episode: Episode; environment: Counting; written: string; logits: number[][] }> {
  const all = [...marks, ...words];
  const tokenizer = tokenizerOf(all);
  const { decoder, logits } = chain(all, next);
  const stopTokens = [all.indexOf('<end>')];
  const player = new EpisodePlayer(decoder, tokenizer, {
    rows: 2,
    maxLength: 40,
    maxNewTokens: 8,
    stopTokens,
    ...options,
  });
  const [episode] = await player.play([{ environment, row: { question: 'Q' } }], greedy);
  player.dispose();
  return {
    text: tokenizer.decode(episode.tokens),
    written: tokenizer.decode(episode.tokens.filter((_, i) => episode.modelMask[i] === 1)),
    episode,
    environment,
    logits,
  };
}

describe('an episode', () => {
  const words = ['Q', call('{"a": 1, "b": 2}'), '3', 'It is 3'];
  const next = { Q: '<tool_call>', '<tool_call>': words[1], [words[1]]: '</tool_call>', '</tool_response>': 'It is 3' };

  test('has the turns of the model and the results of tools, and knows which is which', async () => {
    const { text, written, episode, environment } = await playChain(words, next);
    const turn = `<tool_call>${words[1]}</tool_call><end>`;
    expect(text).toBe(`Q${turn}<tool_response>3</tool_response>It is 3<end>`);
    expect(written).toBe(`${turn}It is 3<end>`);
    expect([...episode.modelMask]).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 1, 1]);
    expect(environment.calls).toEqual([[1, 2]]);
    expect(environment.answers).toEqual(['It is 3']);
    expect(episode).toMatchObject({ turns: 2, ended: true, reward: 1 });
  });

  test('is worth what its turns were, each at its last token, and what it was in the end', async () => {
    class Paying extends Counting {
      turnReward(): Promise<number> {
        return Promise.resolve(this.calls.length / 4);
      }
    }
    const { episode } = await playChain(words, next, {}, new Paying());
    expect([...episode.turnRewards]).toEqual([0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0.25]);
    expect(episode).toMatchObject({ reward: 1.5, turns: 2, calls: 1, failedCalls: 0 });
  });

  test('has the log-probabilities that the model’s own table has', async () => {
    const { episode, logits } = await playChain(words, next);
    const expected = Array.from(episode.tokens, (token, i) => {
      if (episode.modelMask[i] === 0) return 0;
      const row = logits[episode.tokens[i - 1]];
      return row[token] - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    });
    expectClose(episode.logProbabilities, expected, 1e-6);
  });

  test('ends turns with the stop tokens of the call, where it has others', async () => {
    const all = [...marks, 'Q', 'It is 3'];
    const { decoder } = chain(all, { Q: 'It is 3' });
    const sizes = { rows: 1, maxLength: 20, maxNewTokens: 4 };
    const player = new EpisodePlayer(decoder, tokenizerOf(all), { ...sizes, stopTokens: [all.indexOf('<end>')] });
    const start = { environment: new Counting(), row: { question: 'Q' } };
    const [usual] = await player.play([start], greedy);
    const [other] = await player.play([start], { ...greedy, stopTokens: [all.indexOf('It is 3')] });
    player.dispose();
    expect([usual, other].map(({ tokens }) => tokenizerOf(all).decode(tokens))).toEqual(['QIt is 3<end>', 'QIt is 3']);
    expect(other.ended).toBe(true);
  });

  test('ends where there is no room for another turn, or no turn is left', async () => {
    const short = await playChain(words, next, { maxLength: 15 });
    // 5 tokens, 3 of feedback, and a turn of 8 would be 16.
    expect(short.text).toBe(`Q<tool_call>${words[1]}</tool_call><end>`);
    expect(short.episode).toMatchObject({ turns: 1, ended: false, reward: 1 });
    expect((await playChain(words, next, { maxLength: 16 })).episode.turns).toBe(2);
    expect((await playChain(words, next, { maxTurns: 1 })).episode).toMatchObject({ turns: 1, ended: false });
    const endless = { ...next, '</tool_response>': '<tool_call>' };
    const { episode } = await playChain(words, endless, { maxLength: 40 });
    expect(episode.tokens.length).toBeLessThanOrEqual(40);
    // 1 + 4 n + 3 (n − 1) tokens, where 3 of feedback and a turn of 8 have to fit behind each turn but the last.
    expect(episode).toMatchObject({ turns: 5, ended: false, reward: 5 });
  });

  test('ends with a turn that is cut', async () => {
    const { text, episode, environment } = await playChain(['Q', 'a'], { Q: 'a', a: 'a' }, { maxNewTokens: 3 });
    expect(text).toBe('Qaaa');
    expect(environment.answers).toEqual(['aaa']);
    expect(episode).toMatchObject({ turns: 1, ended: false, reward: 0 });
  });

  test('has what begins the next turn behind all results, and special tokens in results are text', async () => {
    const seen: [string, boolean | undefined][] = [];
    const all = [...marks, ...words];
    const plain = tokenizerOf(all);
    const tokenizer: EpisodeTokenizer = {
      ...plain,
      encode: (text, options) => {
        seen.push([text, options?.addedTokens]);
        return plain.encode(text);
      },
    };
    const { decoder } = chain(all, { ...next, '|': 'It is 3' });
    const options = { rows: 1, maxLength: 40, maxNewTokens: 8, stopTokens: [4], format: { turnStart: '|' } };
    const player = new EpisodePlayer(decoder, tokenizer, options);
    const [episode] = await player.play([{ environment: new Counting(), row: { question: 'Q' } }], greedy);
    expect(plain.decode(episode.tokens)).toContain('<tool_response>3</tool_response>|It is 3<end>');
    expect(seen).toContainEqual(['3', false]);
    expect(seen).toContainEqual(['<tool_response>', true]);
    player.dispose();
  });
});

describe('a call that is wrong is answered with what was wrong', () => {
  const error = (message: string): string => `error: ${message}`;
  test.each([
    [call('{"a": 1}'), error('expected numbers')],
    ['{"name": "add"', error('the call is no JSON')],
    ['[1]', error('expected a call to be an object, got [1]')],
    ['{"name": "sub"}', error('there is no tool "sub", only add')],
    ['{"name": "toString"}', error('there is no tool "toString", only add')],
    ['{"name": "add", "arguments": 3}', error('expected arguments to be an object, got 3')],
  ])('%s', async (wrong, answer) => {
    const words = ['Q', wrong, answer, 'sorry'];
    const next = { Q: '<tool_call>', '<tool_call>': wrong, [wrong]: '</tool_call>', '</tool_response>': 'sorry' };
    const { text, episode } = await playChain(words, next);
    expect(text).toBe(`Q<tool_call>${wrong}</tool_call><end><tool_response>${answer}</tool_response>sorry<end>`);
    expect(episode).toMatchObject({ turns: 2, ended: true, calls: 1, failedCalls: 1 });
  });

  test('one that does not end, too', async () => {
    const answer = error('the call does not end');
    const { text } = await playChain(['Q', answer, 'sorry'], { Q: '<tool_call>', '</tool_response>': 'sorry' });
    expect(text).toBe(`Q<tool_call><end><tool_response>${answer}</tool_response>sorry<end>`);
  });

  test('what tools return that JSON has nothing for is null', async () => {
    const told: string[] = [];
    const tools = Object.fromEntries([undefined, null, () => 1, Symbol('s'), NaN].map((value, i) => [i, () => value]));
    const environment: TextEnvironment = { tools, reset: () => 'Q', reward: () => 0 };
    const tokenizer = { encode: (text: string): number[] => [told.push(text)] };
    const turn = Object.keys(tools).map((name) => `<tool_call>{"name": "${name}"}</tool_call>`);
    await demonstrate(environment, [turn.join(''), 'end'], { tokenizer, endOfText: 0 });
    expect(told.filter((text) => text === 'null')).toHaveLength(5);
  });

  test('and several calls of a turn are answered in their order', async () => {
    const [one, two] = [call('{"a": 1, "b": 2}'), call('{"a": 2, "b": 3}')];
    const words = ['Q', one, two, '3', '5', ' then ', 'done', '</tool_call>,'];
    const next = {
      ...{ Q: '<tool_call>', '<tool_call>': one, [one]: '</tool_call>,', '</tool_call>,': `<tool_call>${two}` },
      ...{ [`<tool_call>${two}`]: '</tool_call>', '</tool_response>': 'done' },
    };
    const { text, environment } = await playChain([...words, `<tool_call>${two}`], next);
    expect(text).toContain(
      '</tool_call><end><tool_response>3</tool_response><tool_response>5</tool_response>done<end>',
    );
    expect(environment.calls).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});

describe('many episodes', () => {
  const { decoder } = load('gpt2');
  const letters = Array.from({ length: decoder.sizes.vocabulary }, (_, i) => String.fromCharCode(0x40 + i));
  const [stop, start, end, result] = [1, 2, 3, 4];
  const tokenizer: EpisodeTokenizer = {
    ...tokenizerOf(letters),
    // What environments tell is made of letters that there are.
    encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0) % letters.length),
  };
  const options = { rows: 3, maxLength: 16, maxNewTokens: 4, stopTokens: [stop] };
  const format = { callStart: letters[start], callEnd: letters[end], resultStart: letters[result], resultEnd: '' };
  /** Whatever is called is told in a letter. */
  class Telling implements TextEnvironment {
    readonly tools = {};
    reset({ question }: { readonly question?: unknown }): string {
      return String(question);
    }
    reward(): number {
      return 0.5;
    }
  }
  const starts = (count: number): EpisodeStart[] =>
    Array.from({ length: count }, (_, i) => ({
      environment: new Telling(),
      row: { question: 'BC'.slice(0, 1 + (i % 2)) },
    }));

  test('have the log-probabilities that training computes, wherever the model wrote', async () => {
    const temperature = 0.8;
    // Errors are long: only their beginning is told, so that there is room for several turns.
    const short: EpisodeTokenizer = { ...tokenizer, encode: (text) => Array.from(tokenizer.encode(text)).slice(0, 2) };
    const player = new EpisodePlayer(decoder, short, { ...options, format });
    const episodes = await player.play(starts(12), { temperature, random: new Random(5) });
    expect(episodes).toHaveLength(12);
    expect(episodes.some(({ turns }) => turns > 1)).toBe(true);
    const forward = t.program({ tokens: { shape: [1, 16], dtype: 'int32' } }, ({ tokens }) => {
      const next = shifted(decoder.logits(tokens), tokens);
      return { logProbabilities: logProbabilitiesOf(next.logits, next.tokens, temperature) };
    });
    for (const { tokens, modelMask, logProbabilities, turns, reward } of episodes) {
      expect(tokens.length).toBeLessThanOrEqual(16);
      expect(turns).toBeGreaterThan(0);
      expect(reward).toBe(0.5);
      // What follows a text changes nothing.
      forward.inputs.tokens.fill(0);
      forward.inputs.tokens.set(tokens);
      const trained = forward.run().logProbabilities;
      const expected = Array.from(modelMask, (byModel, i) => (byModel === 1 ? trained[i - 1] : 0));
      expectClose(logProbabilities, expected, 1e-5);
    }
    forward.dispose();
    player.dispose();
  });

  test('are the same for the same seed', async () => {
    const player = new EpisodePlayer(decoder, tokenizer, { ...options, format });
    const [one, same] = [
      await player.play(starts(5), { random: new Random(2) }),
      await player.play(starts(5), { random: new Random(2) }),
    ];
    expect(same).toEqual(one);
    player.dispose();
  });

  test('draw from streams of their own: how many are played, how many at a time and what else happens changes nothing', async () => {
    const short: EpisodeTokenizer = { ...tokenizer, encode: (text) => Array.from(tokenizer.encode(text)).slice(0, 2) };
    const [few, many] = [3, 5].map((rows) => new EpisodePlayer(decoder, short, { ...options, rows, format }));
    const all = await few.play(starts(8), { random: new Random(5) });
    expect(new Set(all.map(({ turns }) => turns)).size).toBeGreaterThan(1);
    const alike = (episodes: readonly Episode[], others: readonly Episode[]): void => {
      expect(episodes.map(({ tokens }) => tokens)).toEqual(others.map(({ tokens }) => tokens));
    };
    alike(await many.play(starts(5), { random: new Random(5) }), all.slice(0, 5));
    const [, ...same] = starts(8);
    const other = { environment: new Telling(), row: { question: 'DD' } };
    alike((await few.play([other, ...same], { random: new Random(5) })).slice(1), all.slice(1));
    for (const player of [few, many]) player.dispose();
  });

  test('that cannot be are refused by their number', async () => {
    const player = new EpisodePlayer(decoder, tokenizer, options);
    const random = new Random(1);
    const bad = (environment: Partial<TextEnvironment>): Promise<unknown> =>
      player.play([...starts(4), { environment: { reset: () => 'B', reward: () => 0, ...environment } }], { random });
    await expect(bad({ reset: () => '' })).rejects.toThrow(
      new RangeError('play: episode 4: expected a beginning of 1 to 12 tokens, behind which a turn fits, got 0'),
    );
    await expect(bad({ reset: () => 'B'.repeat(13) })).rejects.toThrow(
      /^play: episode 4: expected a beginning of 1 to 12/,
    );
    const wrongReward = (got: string): RangeError =>
      new RangeError(`play: episode 4: expected a reward that is a finite number, at most 3.4e38, got ${got}`);
    for (const [reward, got] of [
      [NaN, 'NaN'],
      [1e39, '1e+39'],
      ['1', '"1"'],
      [1n, '1n'],
      [null, 'null'],
    ] as const) {
      await expect(bad({ reward: () => reward as number })).rejects.toThrow(wrongReward(got));
      // Nothing is no reward.
      if (reward === null) continue;
      await expect(bad({ turnReward: () => reward as number })).rejects.toThrow(wrongReward(got));
    }
    // Each of them is a float32, their sum is not.
    await expect(bad({ turnReward: () => 3e38, reward: () => 3e38 })).rejects.toThrow(
      /^play: episode 4: expected a reward that is a finite number, at most 3.4e38, got [69]e\+38$/,
    );
    player.dispose();
    expect(() => new EpisodePlayer(decoder, tokenizer, { ...options, maxLength: 4 })).toThrow(
      new RangeError('EpisodePlayer: expected maxLength to be more than the 4 tokens of a turn, got 4'),
    );
  });
});

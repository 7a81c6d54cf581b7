import { Random } from '@gradus/core';
import {
  commandTurn,
  demonstrate,
  EpisodePlayer,
  RlooTrainer,
  SftTrainer,
  TextGameEnvironment,
  type GameText,
  type PlayableGame,
} from '@gradus/llm-rlhf';
import { expect, test } from 'vitest';
import { chain, tokenizerOf } from './chain.ts';
import { tinyModel } from './trainers.ts';

/** Two rooms: the first tells in which direction there is gold in the second, which of the two by the seed. */
class Gold implements PlayableGame {
  private side = '';
  private room = 0;

  reset({ seed }: { readonly seed: number }): GameText {
    this.side = seed % 2 === 0 ? 'left' : 'right';
    this.room = 0;
    return { observation: `${this.side} is gold`, validActions: ['on'] };
  }

  step(command: string): GameText & { readonly reward: number; readonly terminated: boolean } {
    if (this.room === 0) {
      this.room = Number(command === 'on');
      const validActions = this.room === 0 ? ['on'] : ['left', 'right'];
      return { observation: 'a room', validActions, reward: 0, terminated: false };
    }
    const reward = Number(command === this.side);
    return { observation: reward === 1 ? 'gold' : 'dust', validActions: [], reward, terminated: true };
  }
}

const [CALL, CALL_END] = ['<tool_call>{"name": "act", "arguments": {"command": "', '"}}</tool_call>'];
const marks = ['<end>', CALL, CALL_END, '<tool_response>', '</tool_response>', '\nThe game is over.'];
/** What calls are answered with that are none. */
const errors = ['error: the call is no JSON', 'error: the call does not end'];
const words = [...marks, ...errors, 'on', 'left', 'right', 'left is gold', 'right is gold', 'a room', 'gold', 'dust'];
const tokenizer = tokenizerOf(words);
const environment = (): TextGameEnvironment => new TextGameEnvironment(new Gold(), { tellActions: false });
const sizes = { maxLength: 20, maxNewTokens: 4, maxTurns: 2 };

test('a game is told in text, paid by turns, and over when it says so', () => {
  const told = new TextGameEnvironment(new Gold());
  expect(told.reset({ seed: 1 })).toBe('right is gold\nCommands: on.');
  expect(told.tools.act({ command: 'on' })).toBe('a room\nCommands: left, right.');
  expect(told.turnReward()).toBe(0);
  expect(told.tools.act({ command: 'right' })).toBe('gold\nThe game is over.');
  expect([told.turnReward(), told.turnReward(), told.reward()]).toEqual([1, 0, 0]);
  expect(() => told.tools.act({ command: 'left' })).toThrow('the game is over');
  expect(told.reset({ seed: 0 })).toBe('left is gold\nCommands: on.');
  expect(() => told.tools.act({ command: 3 })).toThrow('expected a command');
  expect(() => told.reset({})).toThrow('TextGameEnvironment: the row: expected seed to be');
});

test('a game that begins with no text at once is refused, and valid actions are asked for only where they are told', async () => {
  const of = (begun: unknown, options = {}) =>
    new TextGameEnvironment({ reset: () => begun, step: () => begun } as PlayableGame, options);
  const begin = (begun: unknown) => () => of(begun).reset({ seed: 1 });
  const expected =
    "TextGameEnvironment: expected what reset of the game returns to be a game's text (with observation and validActions), got ";
  expect(begin(Promise.resolve({ observation: 'a room', validActions: [] }))).toThrow(`${expected}a Promise`);
  expect(begin({ observation: 'a room' })).toThrow(`${expected}{"observation":"a room"}: validActions is undefined`);
  expect(begin('a room')).toThrow(`${expected}"a room"`);
  expect(of({ observation: 'a room', validActions: [] }).reset({ seed: 1 })).toBe('a room');
  const lazy = {
    observation: 'a room',
    get validActions(): readonly string[] {
      throw new Error('nobody asked');
    },
  };
  expect(of(lazy, { tellActions: false }).reset({ seed: 1 })).toBe('a room');
  const silent = { reset: () => undefined as unknown as string, reward: () => 0 };
  await expect(demonstrate(silent, ['on'], { tokenizer, endOfText: 0 })).rejects.toThrow(
    new RangeError('demonstrate: expected what reset returns to be a text, got undefined'),
  );
  const { decoder } = chain(words, {});
  const player = new EpisodePlayer(decoder, tokenizer, { rows: 1, ...sizes, stopTokens: [0] });
  await expect(player.play([{ environment: silent }], { random: new Random(1) })).rejects.toThrow(
    new RangeError('play: episode 0: expected what reset returns to be a text, got undefined'),
  );
  player.dispose();
});

test('walkthroughs that would have ended before are refused', async () => {
  const show = (turns: readonly string[], format = {}) =>
    demonstrate(environment(), turns, { tokenizer, endOfText: 0, row: { seed: 1 }, format });
  await expect(show(['on', commandTurn('right')])).rejects.toThrow(
    new RangeError(
      'demonstrate: expected a call, <tool_call>…</tool_call>, in each turn but the last, got none in turn 0: "on"',
    ),
  );
  // Written in another format than it is read in.
  const turns = ['on', 'right'].map((command) => commandTurn(command));
  await expect(show(turns, { callStart: '[', callEnd: ']' })).rejects.toThrow('expected a call, […], in each turn but');
  // The last one is free to have none.
  const { completion, mask } = await show([commandTurn('on'), 'gold']);
  expect(
    Array.from(completion)
      .slice(-2)
      .map((token) => words[token]),
  ).toEqual(['gold', '<end>']);
  expect(Array.from((mask as number[]).slice(-2))).toEqual([1, 1]);
});

test('a walkthrough is, token by token, the episode of a model that knows it', async () => {
  const turns = ['on', 'right'].map((command) => commandTurn(command));
  const shown = await demonstrate(environment(), turns, { tokenizer, endOfText: 0, row: { seed: 1 } });
  const next = { [CALL]: 'on', on: CALL_END, 'right is gold': CALL, '</tool_response>': CALL };
  const { decoder } = chain(words, next);
  const player = new EpisodePlayer(decoder, tokenizer, { rows: 1, ...sizes, stopTokens: [0] });
  const [episode] = await player.play([{ environment: environment(), row: { seed: 1 } }], {
    temperature: 0,
    random: new Random(1),
  });
  player.dispose();
  const length = shown.prompt.length;
  // The chain goes on where the walkthrough turns right.
  const same = Array.from(episode.tokens.subarray(length)).map((token) => words[token]);
  same[same.lastIndexOf('on')] = 'right';
  expect(same).toEqual(Array.from(shown.completion, (token) => words[token]));
  expect([...episode.modelMask.subarray(length)]).toEqual([...(shown.mask as number[])]);
  const mixed = demonstrate(environment(), [], { tokenizer, endOfText: 0, row: { seed: 1 } });
  await expect(mixed).rejects.toThrow('demonstrate: expected at least one turn, got none');
});

test.each([1, 2, 3])(
  'a model learns to play from walkthroughs that guess, and then from the score, seed %i',
  async (seed) => {
    const random = new Random(seed);
    const rows = await Promise.all(
      Array.from({ length: 64 }, (_, game) => {
        const turns = ['on', random.integer(2) === 0 ? 'left' : 'right'].map((command) => commandTurn(command));
        return demonstrate(environment(), turns, { tokenizer, endOfText: 0, row: { seed: game } });
      }),
    );
    const model = tinyModel({ seed, vocabulary: words.length, positions: sizes.maxLength, width: 16 });
    const tuning = new SftTrainer({ model, rows }, { seed, learningRate: 1e-2, batchSize: 32 });
    const learning = tuning.learn({ steps: 64 * 30 });
    while (learning.next().done !== true);
    tuning.dispose();
    const games = [0, 1].map((game) => ({ seed: game }));
    const inputs = { model, tokenizer, endOfText: 0, environment, rows: games, ...sizes };
    const options = {
      seed,
      batchSize: 32,
      groupSize: 4,
      maxNewTokens: 4,
      learningRate: 5e-3,
      klCoefficient: 0.2,
      epochs: 4,
    };
    const trainer = new RlooTrainer(inputs, options);
    const rewards: number[] = [];
    for await (const { metrics } of trainer.learn({ steps: 32 * 150 })) rewards.push(metrics.reward);
    trainer.dispose();
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Walkthroughs that guess are right in half of the games.
    expect(mean(rewards.slice(0, 5))).toBeLessThan(0.8);
    expect(mean(rewards.slice(-10))).toBeGreaterThan(0.9);
  },
);

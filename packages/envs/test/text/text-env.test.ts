import { EnvError, readNumber, readState, readString, type StateDict } from '@gradus/core';
import { checkEnv, makeEnv } from '@gradus/envs';
import { textEnv, type TextEnv, type TextGame, type TextState, type TextStep } from '@gradus/envs/text';
import { afterAll, expect, test, vi } from 'vitest';
import { TemplateNumbers } from '../../src/text/template-numbers.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** A flight of stairs: up to the third step, where a lamp is. */
function stairs(): TextGame {
  let height = 0;
  let moves = 0;
  let answer = '';
  const tell = (): TextState => ({
    observation: answer,
    look: `You are on step ${height}.`,
    inventory: 'You carry nothing.',
    score: height === 3 ? 10 : 0,
    moves,
    validActions: height === 3 ? [] : height === 0 ? ['go up'] : ['go up', 'go back down again'],
  });
  return {
    maxScore: 10,
    reset() {
      [height, moves, answer] = [0, 0, 'Stairs.'];
      return tell();
    },
    step(command): TextStep {
      height += command === 'go up' ? 1 : -1;
      moves++;
      answer = `You ${command}.`;
      return { ...tell(), reward: height === 3 ? 10 : 0, terminated: height === 3 };
    },
    getState: (): StateDict => ({ height, moves, answer }),
    setState(state) {
      [height, moves, answer] = [readNumber(state, 'height'), readNumber(state, 'moves'), readString(state, 'answer')];
      return tell();
    },
  };
}

const small = { maxActions: 3, maxWords: 5, maxActionWords: 2, vocabulary: 1000, maxEpisodeSteps: 20 };

test('keeps the contract of environments', () => {
  checkEnv(textEnv(stairs(), small));
});

test('shows texts as numbers of words, valid actions first, and the part of the score', () => {
  const env = textEnv(stairs(), small);
  const view = (numbers: Float32Array) =>
    env.observationSpace.kind === 'dict' ? env.observationSpace.view(numbers) : {};
  const first = view(env.reset().observation) as Record<string, Float32Array>;
  const [you, are, on, step, zero] = first.look;
  expect([you, are, on, step, zero].every((id) => id > 0 && id < 1000)).toBe(true);
  expect(new Set([you, are, on, step, zero]).size).toBe(5);
  const [go, up] = first.actions;
  expect([...first.actions]).toEqual([go, up, 0, 0, 0, 0]);
  expect([...first.inventory].slice(3)).toEqual([0, 0]);
  expect([...first.score]).toEqual([0]);
  expect(env.actionMask?.()).toEqual(Uint8Array.of(1, 0, 0));

  const second = view(env.step(0).observation) as Record<string, Float32Array>;
  // The answer: "You go up."
  expect([...second.observation]).toEqual([you, go, up, 0, 0]);
  // "go back down again" is cut off after two words.
  expect([...second.actions].slice(0, 3)).toEqual([go, up, go]);
  expect([...second.actions].slice(4)).toEqual([0, 0]);
  expect(env.told.validActions).toEqual(['go up', 'go back down again']);
  env.step(0);
  const last = env.step(0);
  expect([...(view(last.observation) as Record<string, Float32Array>).score]).toEqual([1]);
  expect(last).toMatchObject({ reward: 10, terminated: true, truncated: false });
  expect(() => env.step(0)).toThrow(EnvError);
});

test('an action that is not there does nothing, in a step that counts', () => {
  const env = textEnv(stairs(), { ...small, maxEpisodeSteps: 2 });
  env.reset();
  expect(env.step(2)).toMatchObject({ reward: 0, terminated: false, truncated: false });
  expect(env.told.moves).toBe(0);
  expect(env.step(1)).toMatchObject({ reward: 0, terminated: false, truncated: true });
});

test('goes on from a snapshot as it would have', () => {
  const env = textEnv(stairs(), small);
  env.reset();
  env.step(0);
  const state = env.getState?.() ?? {};
  expect(readNumber(readState(state, 'game'), 'height')).toBe(1);
  const goOn = () => [env.step(0), env.step(1), env.step(0), env.step(0)];
  const first = goOn();
  env.setState?.(state);
  expect(env.told.look).toBe('You are on step 1.');
  expect(goOn()).toEqual(first);
});

test('says what is wrong', () => {
  expect(() => textEnv({} as TextGame)).toThrow(/textEnv: expected game to be a text game/);
  expect(() => textEnv(stairs(), { maxWords: 0 })).toThrow(/maxWords to be a positive integer, got 0/);
  expect(() => textEnv(stairs(), { vocabulary: 1 })).toThrow(/vocabulary to be an integer from 2 to 65536, got 1/);
  const env = textEnv(stairs(), small);
  expect(() => env.told).toThrow('told: nothing was told yet, expected a call of reset first');
  expect(() => env.step(0)).toThrow('step: no episode is going on, expected a call of reset first');
  env.reset();
  expect(() => env.step(3)).toThrow('action is 3, expected an integer in [0, 2]');
});

test('says of which template and nouns a valid action is made, where the grammar is known', () => {
  const env = textEnv(
    { ...stairs(), grammar: { templates: ['go OBJ', 'go OBJ down OBJ'], nouns: ['up', 'back', 'back down', 'again'] } },
    small,
  );
  checkEnv(env);
  const templates = (numbers: Float32Array) =>
    (env.observationSpace.kind === 'dict' ? env.observationSpace.view(numbers) : {}).templates as Float32Array;
  // Of two ways the first template is taken; what is not there has zeros.
  expect([...templates(env.reset().observation)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0]);
  // "go back down again"
  expect([...templates(env.step(0).observation)]).toEqual([1, 1, 0, 2, 2, 4, 0, 0, 0]);
  expect(env.observationSpace.toString()).toContain('templates');
  expect(textEnv(stairs(), small).observationSpace.toString()).not.toContain('templates');
});

test('a command that the grammar does not have has no numbers', () => {
  const numbers = new TemplateNumbers({ templates: ['wait', 'put OBJ in OBJ'], nouns: ['coin', 'old box', 'in'] });
  expect(
    ['wait', 'put coin in old box', 'put in in in', 'put coin in', 'waits', 'put lamp in old box'].map((c) =>
      numbers.of(c),
    ),
  ).toEqual([
    [1, 0, 0],
    [2, 1, 2],
    [2, 3, 3],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test.each(['CoinCollector-v0', 'TreasureHunt-v0', 'Cooking-v0'])(
  'the grammar of %s has all of its valid actions',
  (id) => {
    const env = makeEnv(id) as TextEnv;
    const { grammar } = env.game;
    const numbers = new TemplateNumbers(grammar ?? { templates: [], nouns: [] });
    let { observation } = env.reset({ seed: 3 });
    for (let step = 0; step < 60; step++) {
      for (const command of env.told.validActions) {
        const [template, ...nouns] = numbers.of(command);
        const filled = nouns.reduce(
          (text, noun) => text.replace('OBJ', grammar?.nouns.at(noun - 1) ?? ''),
          grammar?.templates.at(template - 1) ?? '',
        );
        expect(filled).toBe(command);
      }
      const next = env.step(step % env.told.validActions.length);
      ({ observation } = next.terminated || next.truncated ? env.reset() : next);
    }
    expect(observation).toHaveLength(env.observationSpace.size);
  },
);

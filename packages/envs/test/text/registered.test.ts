import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { badCalls } from '@gradus/bad-calls';
import { Dict, Random } from '@gradus/core';
import { checkEnv, makeEnv, type EnvOptions } from '@gradus/envs';
import * as text from '@gradus/envs/text';
import { coinCollector, fact, rule, type TextEnv } from '@gradus/envs/text';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { wrap } from '../../src/rendering/text-page.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** All, and what may be asked of them at most. */
const ids: readonly (readonly [id: string, hardest: EnvOptions])[] = [
  ['CoinCollector-v0', { distractors: 2 }],
  ['CoinCollector20-v0', { world: null }],
  ['TreasureHunt-v0', { level: 15 }],
  ['Cooking-v0', { level: 5 }],
];

describe.each(ids)('%s', (id, hardest) => {
  test('keeps the contract', () => {
    checkEnv(makeEnv(id), { steps: 500 });
    checkEnv(makeEnv(id, { world: null }), { steps: 500 });
  });

  test('shows whole texts and all actions', () => {
    const env = makeEnv(id, hardest) as TextEnv;
    const space = env.observationSpace as Dict;
    const random = new Random(3);
    env.reset({ seed: 1 });
    for (let step = 0; step < 1000; step++) {
      const { validActions } = env.told;
      expect(env.actionMask?.().indexOf(0)).toBe(validActions.length);
      const { observation, terminated, truncated } = env.step(random.integer(validActions.length));
      const { told } = env;
      const parts = space.view(observation);
      for (const name of ['look', 'inventory', 'observation'] as const) {
        expect((parts[name] as Float32Array).filter((word) => word > 0)).toHaveLength(countWords(told[name]));
      }
      expect((parts.actions as Float32Array).filter((word) => word > 0)).toHaveLength(
        countWords(told.validActions.join(' ')),
      );
      if (terminated || truncated) env.reset();
    }
  });

  test('is drawn, and leaves the context as it was', () => {
    const env = makeEnv(id);
    env.reset({ seed: 1 });
    let depth = 0;
    const written: string[] = [];
    const calls: Record<string, (line: string) => void> = {
      save: () => depth++,
      restore: () => depth--,
      fillText: (line) => written.push(line),
    };
    env.render?.(
      new Proxy({}, { get: (_, name) => calls[String(name)] ?? (() => undefined), set: () => true }) as never,
    );
    expect(depth).toBe(0);
    expect(written[0]).toMatch(/^You are in an? /);
    expect(written.at(-1)).toMatch(/^score 0 of \d+, moves 0$/);
  });
});

function countWords(line: string): number {
  return line.match(/[a-z]+/gi)?.length ?? 0;
}

test('lines are broken between words', () => {
  expect(wrap('You are in a hall.\nExits: extraordinarily many', 10)).toEqual([
    'You are in',
    'a hall.',
    'Exits:',
    'extraordinarily',
    'many',
  ]);
});

test('a world of your own rules is a game', () => {
  const open = rule({
    command: 'open ?thing',
    preconditions: ['closed(?thing)'],
    adds: ['opened(?thing)'],
    answer: 'Done.',
  });
  const generator: text.WorldGenerator = {
    maxScore: 1,
    grammar: { templates: ['open OBJ'], nouns: ['box'] },
    create: () => ({ note: 'open it.', facts: [fact('closed(box)')], rules: [open], goals: [fact('opened(box)')] }),
  };
  const game = new text.WorldGame(generator);
  game.reset();
  expect(game.shortestSolution()).toEqual(['open box']);
  expect(game.step('open box')).toMatchObject({ observation: 'Done.', reward: 1, terminated: true });
});

test('bad arguments are refused in words', async () => {
  const begun = () => {
    const game = coinCollector({ level: 1 });
    game.reset();
    return game;
  };
  const story = readFileSync(join(import.meta.dirname, '../../stories/lighthouse.z3'));
  const playing = () => {
    const game = new text.ZMachineGame(story);
    game.reset();
    return game;
  };
  const examples = {
    ZMachineGame: () => [
      story,
      {
        maxInstructions: 100_000,
        maxSearchInstructions: 1_000_000,
        maxScore: 50,
        generator: 'gradus' as const,
        untilQuit: false,
        rememberedStates: 10,
      },
    ],
    'ZMachineGame.reset': () => [{ seed: 1 }],
    transcript: () => [playing(), ['wait'], { seed: 1 }],
    coinCollector: () => [{ level: 2, distractors: 1, world: 0 }],
    treasureHunt: () => [{ level: 2, world: 0 }],
    cooking: () => [{ level: 2, world: 0 }],
    fact: () => ['at(player, hall)'],
    rule: () => [{ command: 'go', preconditions: ['at(a)'], deletes: [], adds: ['at(b)'], answer: 'Yes.' }],
    textEnv: () => [begun(), { maxEpisodeSteps: 3, maxActions: 2, maxWords: 4, maxActionWords: 2, vocabulary: 99 }],
    'textEnv.reset': () => [{ seed: 1 }],
    WorldGame: () => [
      {
        maxScore: 1,
        grammar: { templates: [], nouns: [] },
        create: () => ({ note: '', facts: [], rules: [], goals: [] }),
      },
      { world: 0 },
    ],
  };
  const { failures } = await badCalls(text, examples, {
    sources: `${import.meta.dirname}/../../src/text`,
    internal: [/\.render$/],
    accepted: [/^(coinCollector|cooking|treasureHunt|WorldGame)\(\d\.world: null\): accepted$/],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});

import { Random } from '@gradus/core';
import { RlooTrainer, type CompletionExample } from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';
import { demonstrateAll } from '../../src/rlhf/warehouse/demonstrations.ts';
import {
  methods,
  prepare,
  score,
  trainAlone,
  trainPair,
  type Look,
  type Score,
} from '../../src/rlhf/warehouse/study.ts';
import { Team } from '../../src/rlhf/warehouse/team.ts';
import { answerOf, drawQuestions, textOf, Warehouse, type Question } from '../../src/rlhf/warehouse/warehouse.ts';
import { tokenizer } from '../../src/rlhf/warehouse/words.ts';

const lamp: Question = {
  ...{ kind: 'count', item: 'lamp', other: 'rope' },
  shelves: { lamp: 'B', rope: 'A' },
  counts: { A: '1', B: '7' },
};

test('a warehouse answers calls, which cost, and pays for the right answer', () => {
  const warehouse = new Warehouse();
  expect(warehouse.reset(lamp)).toBe('not rope but how many lamp?');
  expect(textOf({ ...lamp, kind: 'place', other: null })).toBe('where is lamp?');
  expect(warehouse.turnReward()).toBe(-0);
  expect([warehouse.tools.find({ item: 'lamp' }), warehouse.tools.count({ shelf: 'B' })]).toEqual(['B', '7']);
  expect(warehouse.turnReward()).toBe(-0.1);
  expect(() => warehouse.tools.find({ item: 'moon' })).toThrow('there is none');
  expect(() => warehouse.tools.find({ item: 'toString' })).toThrow('there is none');
  expect(warehouse.turnReward()).toBe(-0.1);
  expect(['7', '1', 'B'].map((answer) => warehouse.reward(answer))).toEqual([1, 0, 0]);
  expect(answerOf({ ...lamp, kind: 'place' })).toBe('B');
});

describe('demonstrations', () => {
  const questions = drawQuestions(20_000, 1, 0);
  const shown = demonstrateAll(questions, new Random(1));
  const text = ({ prompt, completion }: CompletionExample): string =>
    tokenizer.decode([...Array.from(prompt), ...Array.from(completion)]);
  const rightOf = (rows: readonly CompletionExample[]): number => {
    const answers = rows.map(({ completion }) => tokenizer.decode(Array.from(completion).slice(-2)));
    return answers.filter((answer, i) => answer === `${answerOf(questions[i])}<end>`).length / rows.length;
  };

  test('are right as often as the mistakes allow', async () => {
    const { alone, worker } = await shown;
    // Of places: found without a mistake, or guessed, by chance among six shelves; of counts also counted, or guessed among ten digits.
    const place = 0.75 + 0.25 / 6;
    const count = 0.75 * (0.8 + 0.2 / 10) + 0.25 / 10;
    const byWorker = place / 3 + (2 * count) / 3;
    expect(Math.abs(rightOf(worker) - byWorker)).toBeLessThan(0.012);
    // Alone they have to understand the question too: one of another kind is never answered rightly, one of another item by chance or by a guess.
    const byChance = (1 / 6 + (2 / 3) * (5 / 6) * (1 / 10)) * 1.5;
    expect(rightOf(alone)).toBeGreaterThan(0.85 * 0.8 * byWorker - 0.012);
    expect(rightOf(alone)).toBeLessThan(0.85 * (0.8 * byWorker + 0.2 * byChance) + 0.012);
  });

  test('have the tools’ words in them, which are not imitated', async () => {
    const { planner, worker } = await shown;
    const row = worker.find((each) => text(each).startsWith('how many'));
    if (row === undefined) throw new Error('there is none');
    const kept = Array.from(row.completion).filter((_, i) => row.mask?.[i] === 1);
    expect(tokenizer.decode(kept)).not.toContain('tool_response');
    expect(worker.some((each) => text(each).includes('<tool_response>'))).toBe(true);
    const plans = planner.filter((row, i) =>
      tokenizer.decode(row.completion).includes(textOf({ ...questions[i], other: null })),
    );
    expect(Math.abs(plans.length / planner.length - 0.85 * 0.8)).toBeLessThan(0.012);
  });
});

test('a pair shares a task and what it earns', async () => {
  const team = new Team();
  const [planner, worker] = [team.planner(), team.worker()];
  expect(await planner.reset(lamp)).toBe('not rope but how many lamp?');
  planner.tools?.plan({ task: 'how many lamp?' });
  // Only the first one counts.
  planner.tools?.plan({ task: 'where is rope?' });
  expect(await worker.reset({})).toBe('how many lamp?');
  expect(worker.tools?.count({ shelf: 'B' })).toBe('7');
  expect(worker.turnReward?.()).toBe(-0.05);
  const earned = planner.reward('');
  expect(worker.reward('7')).toBe(1);
  expect(await earned).toBe(0.95);
  const [silent, asked] = [team.planner(), team.worker()];
  await silent.reset(lamp);
  const worth = silent.reward('');
  expect(await asked.reset({})).toBe('?');
  expect(asked.reward('1')).toBe(0);
  expect(await worth).toBe(0);
});

test('a pair that is trained plays the same episodes, which are worth the same to both', async () => {
  const { agents, heldOut } = await prepare(3, { demonstrations: 64, passes: 1, heldOut: 16, episodes: 0 });
  const team = new Team();
  const inputs = { rows: heldOut, tokenizer, endOfText: 0, maxLength: 12 } as const;
  const planner = new RlooTrainer(
    { ...inputs, model: agents.planner, environment: team.planner, maxTurns: 1 },
    { batchSize: 32, maxNewTokens: 6 },
  );
  const worker = new RlooTrainer(
    { ...inputs, model: agents.worker, environment: team.worker },
    { batchSize: 32, maxNewTokens: 4 },
  );
  const learning = [planner, worker].map((trainer) => trainer.learn({ steps: 96 }));
  for (let round = 0; round < 3; round++) {
    const [of, by] = await Promise.all(learning.map((rounds) => rounds.next()));
    expect(of.value?.metrics.reward).toBeCloseTo(by.value?.metrics.reward ?? NaN, 6);
    expect(of.value?.step).toBe(32 * (round + 1));
  }
});

test('the same seed gives the same scores', async () => {
  const sizes = { demonstrations: 256, passes: 1, heldOut: 50, episodes: 128 };
  const study = async (): Promise<Score[]> => {
    const prepared = await prepare(3, sizes);
    const { planner, worker } = prepared.agents;
    const scores = [await score(prepared.agents, prepared), await score({ planner, worker }, prepared)];
    const look: Look = async (_, players) => {
      scores.push(await score(players, prepared));
    };
    for (const method of methods) await trainAlone(method, prepared, sizes.episodes, 1, look);
    await trainPair('rloo', prepared, sizes.episodes, 2, look);
    return scores;
  };
  const scores = await study();
  expect(scores).toHaveLength(7);
  // Not every call costs: those that are none of a tool's do not.
  for (const { success, reward, calls } of scores) {
    expect(reward).toBeLessThanOrEqual(success);
    expect(reward).toBeGreaterThanOrEqual(success - 0.05 * calls - 1e-6);
  }
  expect(await study()).toEqual(scores);
});

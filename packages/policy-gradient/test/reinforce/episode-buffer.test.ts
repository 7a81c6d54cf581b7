import { Discrete, EnvError, discountedReturn, rewardToGo, vectorize, type Env, type StepResult } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { EpisodeBuffer } from '../../src/reinforce/episode-buffer.ts';
import type { Credit } from '../../src/estimators/step-credits.ts';

const copies = vectorize(
  (): Env => ({
    observationSpace: new Discrete(100),
    actionSpace: new Discrete(100),
    reset: () => ({ observation: 0 }),
    step: (): StepResult => ({ observation: 0, reward: 0, terminated: true, truncated: false }),
  }),
  2,
);

/** One step of both copies; what they see and do is numbered by `step`. */
function record(buffer: EpisodeBuffer, step: number, rewards: readonly number[]): void {
  for (const copy of [0, 1]) buffer.beginStep(copy, [step, step + 50], [step + 1, step + 51]);
  for (const copy of [0, 1]) buffer.endStep(copy, rewards[copy]);
}

/** Copy 0: episodes of the rewards 1 and 2, 3; copy 1: one of 10, 20, 30. */
function filled(credit: Credit, gamma = 0.5): EpisodeBuffer {
  const buffer = new EpisodeBuffer(copies, { credit, gamma });
  buffer.clear();
  record(buffer, 0, [1, 10]);
  buffer.endEpisode(0, 0);
  record(buffer, 1, [2, 20]);
  record(buffer, 2, [3, 30]);
  buffer.endEpisode(0, 8);
  buffer.endEpisode(1, 0);
  return buffer;
}

describe('credits of episodes that are played side by side', () => {
  const rows = (values: Float64Array | Int32Array): number[] => [...values.subarray(0, 6)];

  test('by hand', () => {
    const buffer = filled('discounted-reward-to-go');
    expect([buffer.size, buffer.numEpisodes]).toEqual([6, 3]);
    // Rows are the steps of the copies by turns. What followed the second episode of copy 0 is worth 8.
    expect(rows(buffer.episodes)).toEqual([0, 2, 1, 2, 1, 2]);
    expect(rows(buffer.returns)).toEqual([1, 10 + 10 + 7.5, 2 + 1.5 + 2, 20 + 15, 3 + 4, 30]);
    expect(rows(buffer.factors)).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
    const togo = filled('reward-to-go');
    expect(rows(togo.returns)).toEqual(rows(buffer.returns));
    expect(rows(togo.factors)).toEqual([1, 1, 1, 1, 1, 1]);
    const total = filled('total-return');
    expect(rows(total.returns)).toEqual([1, 27.5, 5.5, 27.5, 5.5, 27.5]);
    expect(rows(total.factors)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('after it has grown', () => {
    const buffer = new EpisodeBuffer(copies, { credit: 'reward-to-go', gamma: 0.99 });
    buffer.clear();
    const rewards = Array.from({ length: 5000 }, (_, k) => Math.sin(k));
    for (let k = 0; k < 5000; k++) record(buffer, k % 40, [rewards[k], 0]);
    buffer.endEpisode(0, 0);
    buffer.endEpisode(1, 0);
    const returns = buffer.returns.filter((_, row) => row % 2 === 0 && row < buffer.size);
    expect(returns).toEqual(rewardToGo(rewards, 0.99, new Float64Array(5000)));
    expect(returns[0]).toBe(discountedReturn(rewards, 0.99));
    expect(buffer.observations.subarray(0, 4)).toEqual(Float32Array.of(0, 50, 1, 51));
  });

  test('of one round do not touch the next', () => {
    const buffer = filled('discounted-reward-to-go');
    buffer.beginStep(0, [0, 0], [0, 0]);
    buffer.clear();
    record(buffer, 0, [4, 5]);
    buffer.endEpisode(1, 0);
    buffer.endEpisode(0, 0);
    expect(rows(buffer.returns).slice(0, 2)).toEqual([4, 5]);
    expect(rows(buffer.factors).slice(0, 2)).toEqual([1, 1]);
    expect(rows(buffer.episodes).slice(0, 2)).toEqual([1, 0]);
  });
});

test('gathers in the order that it is given, from its start again at its end', () => {
  const batch = { observations: new Float32Array(4), actions: new Int32Array(4) };
  filled('reward-to-go').gather(Uint32Array.of(5, 0, 3), 1, batch);
  // Row 0 is the first step of copy 0, row 3 the second of copy 1, row 5 its third.
  expect(batch.observations).toEqual(Float32Array.of(0, 51, 52, 0));
  expect(batch.actions).toEqual(Int32Array.of(1, 52, 53, 1));
});

test.each([NaN, Infinity])('reward %d', (reward) => {
  const buffer = filled('reward-to-go');
  buffer.beginStep(1, [0, 0], [0, 0]);
  expect(() => buffer.endStep(1, reward)).toThrow(
    new EnvError(`reward of environment 1 is ${reward}, expected a finite number`),
  );
});

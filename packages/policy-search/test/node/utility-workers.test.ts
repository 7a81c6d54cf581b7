import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { UtilityWorkers, type UtilityWorkersOptions } from '@gradus/policy-search/node';
import { threadsAlive } from '../support/threads-alive.ts';

const module = new URL('../fixtures/utilities.mjs', import.meta.url);
const none = new Float64Array(1);

const opened: UtilityWorkers[] = [];
function open(name: string, workers = 2): UtilityWorkers {
  const made = new UtilityWorkers({ module, name, workers });
  opened.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  expect(threadsAlive()).toBe(0);
});

test('evaluates in as many threads as it may have, started when they are needed', async () => {
  const workers = open('thread', 3);
  expect(threadsAlive()).toBe(0);
  const one = await workers.evaluate(none, 0);
  expect(await workers.evaluate(none, 1)).toBe(one);
  expect(threadsAlive()).toBe(1);
  const many = await Promise.all(Array.from({ length: 12 }, (_, k) => workers.evaluate(none, k)));
  expect(new Set(many).size).toBe(3);
  expect(threadsAlive()).toBe(3);
});

test('parameters are those at the time of the call, and no more than these', async () => {
  const workers = open('length', 1);
  expect(await workers.evaluate(new Float64Array(100).subarray(20, 23), 0)).toBe(3);
  const slow = open('utility', 1);
  const parameters = Float64Array.of(0, 1);
  const [first, second] = [slow.evaluate(parameters, 0), slow.evaluate(parameters, 0)];
  parameters.fill(9);
  expect(await Promise.all([first, second])).toEqual([0, 0]);
});

describe('an error names the evaluation, and the next one succeeds:', () => {
  test.each([
    ['thirdFails', 'utility, evaluation 2: no reward in the third'],
    ['thirdEnds', 'utility, evaluation 2: its worker was lost: it ended with status 3'],
    ['thirdCrashes', 'utility, evaluation 2: its worker was lost: out of nowhere'],
  ])('%s', async (name, message) => {
    const workers = open(name, 1);
    const evaluations = [1, 2, 3].map((evaluation) => workers.evaluate(none, evaluation));
    const outcomes = await Promise.allSettled(evaluations);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error(message) },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  test.each([
    ['text', 'utility, evaluation 0: expected a number, got string'],
    ['missing', "utility, evaluation 0: expected a function as export 'missing', got undefined"],
  ])('%s', async (name, message) => {
    await expect(open(name).evaluate(none, 0)).rejects.toThrow(message);
  });

  test('a module that is not there', async () => {
    const workers = new UtilityWorkers({ module: new URL('./nowhere.mjs', import.meta.url) });
    opened.push(workers);
    await expect(workers.evaluate(none, 4)).rejects.toThrow(
      /^utility, evaluation 4: Cannot find module .*nowhere\.mjs/,
    );
  });
});

test('closing ends what runs and what waits', async () => {
  const workers = open('never', 2);
  const evaluations = [0, 1, 2].map((k) => workers.evaluate(none, k));
  const settled = Promise.allSettled(evaluations);
  while (threadsAlive() < 2) await setImmediate();
  await workers.close();
  expect(threadsAlive()).toBe(0);
  expect((await settled).map((outcome) => outcome.status === 'rejected' && String(outcome.reason))).toEqual(
    [0, 1, 2].map((k) => `Error: utility, evaluation ${k}: the workers were closed`),
  );
  await expect(workers.evaluate(none, 3)).rejects.toThrow('utility, evaluation 3: the workers are closed');
});

test.each<[Partial<UtilityWorkersOptions>, string]>([
  [{}, 'UtilityWorkers: expected module to be a URL, got undefined'],
  [{ module: './utility.js' }, 'UtilityWorkers: expected module to be a URL, got "./utility.js"'],
  [{ module, workers: 0 }, 'UtilityWorkers: expected workers to be a positive integer, got 0'],
  [{ module, threads: 1 } as Partial<UtilityWorkersOptions>, "UtilityWorkers: unknown option 'threads'"],
])('refuses %o', (options, message) => {
  expect(() => new UtilityWorkers(options as UtilityWorkersOptions)).toThrow(RangeError);
  expect(() => new UtilityWorkers(options as UtilityWorkersOptions)).toThrow(message);
});

import { maximize, CrossEntropyMethod } from '@gradus/policy-search';
import { maximizeInWorkers } from '@gradus/policy-search/node';
import { afterEach, describe, expect, test } from 'vitest';
import { threadsAlive } from '../support/threads-alive.ts';

const module = new URL('../fixtures/utilities.mjs', import.meta.url);
const search = () => new CrossEntropyMethod([0, 0, 0], { populationSize: 10, eliteSize: 3, seed: 1 });

afterEach(() => {
  expect(threadsAlive()).toBe(0);
});

test('comes to the same bits as maximize, with any number of workers', async () => {
  const one = search();
  const same = maximize(
    one,
    (x, evaluation) => -x.reduce((sum, value, i) => sum + (value - i) ** 2, 0) + Math.sin(evaluation),
    { iterations: 6 },
  );
  for (const workers of [1, 2, 5]) {
    const other = search();
    expect(await maximizeInWorkers(other, { module, workers }, { iterations: 6 })).toEqual(same);
    expect(other.getState()).toEqual(one.getState());
  }
});

describe('leaves no worker behind, and the search as it was, when', () => {
  test.each([
    ['thirdFails', 'utility, evaluation 2: no reward in the third'],
    ['thirdEnds', 'utility, evaluation 2: its worker was lost: it ended with status 3'],
    [
      'endless',
      'CrossEntropyMethod: expected utilities that are numbers less than Infinity, got Infinity for candidate 1',
    ],
  ])('%s', async (name, message) => {
    const failing = search();
    await expect(maximizeInWorkers(failing, { module, name, workers: 2 }, { iterations: 2 })).rejects.toThrow(message);
    const asked = search();
    asked.ask();
    expect(failing.getState()).toEqual(asked.getState());
  });

  test('the limits are wrong', async () => {
    await expect(maximizeInWorkers(search(), { module }, {})).rejects.toThrow('expected evaluations or iterations');
  });
});

import { expect, it } from 'vitest';
import { forSeeds, watchRepetitions } from '../../src/experiments/over-seeds.ts';
import { repetitionProgress } from '../../src/experiments/repetition-progress.ts';

it('tells of each repetition as long as somebody wants to know, in a line every ten seconds', () => {
  let clock = 0;
  const lines: string[] = [];
  const compute = (seed: number): number => {
    clock += 3;
    return seed * seed;
  };
  const release = watchRepetitions(
    repetitionProgress(
      'mine',
      10,
      (line) => lines.push(line),
      () => clock,
    ),
  );
  expect(forSeeds(4, compute)).toEqual([0, 1, 4, 9]);
  expect(forSeeds(4, compute)).toEqual([0, 1, 4, 9]);
  release();
  forSeeds(10, compute);
  expect(lines).toEqual(['mine: 4 of 10 repetitions; 0:18 left', 'mine: 8 of 10 repetitions; 0:06 left']);
});

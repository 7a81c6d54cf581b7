import { Box, Dict, Discrete } from '@gradus/core';
import { expect, test } from 'vitest';
import { textObservations } from '../../src/text/text-observations.ts';

test('words and numbers of observations, however many', () => {
  const words = (vocabulary: number, shape: readonly number[]) =>
    new Box(0, vocabulary - 1, shape, { dtype: 'uint16' });
  const observationSpace = new Dict({
    actions: words(50, [50_000, 4]),
    look: words(90, [3]),
    score: new Box(-Infinity, Infinity, [1]),
  });
  const { vocabulary, texts, numbers, actionCount, actionLength, size } = textObservations(
    'Drrn',
    { observationSpace },
    new Discrete(50_000),
  );
  expect({ vocabulary, actionCount, actionLength, size }).toEqual({
    vocabulary: 90,
    actionCount: 50_000,
    actionLength: 4,
    size: 200_004,
  });
  expect(texts.map(({ name }) => name)).toEqual(['look']);
  expect(numbers.map(({ name }) => name)).toEqual(['score']);
});

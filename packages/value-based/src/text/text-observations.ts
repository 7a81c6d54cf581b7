import type { Box, DictPart, VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';

/** Where what is known of a text game stands in an observation. */
export interface TextObservations {
  readonly size: number;
  /** Numbers of words are below it. */
  readonly vocabulary: number;
  /** The texts, by name, such as `look`. */
  readonly texts: readonly DictPart[];
  /** Numbers that are no words, such as `score`. */
  readonly numbers: readonly DictPart[];
  /** The words of the actions, `actionCount` × `actionLength` of them; undefined where there are none. */
  readonly actions: DictPart | undefined;
  readonly actionCount: number;
  readonly actionLength: number;
}

/** What of observations is words. Throws `RangeError`, in the name of an algorithm, where they are not those of a text game. */
export function textObservations(
  algorithm: string,
  { observationSpace }: Pick<VectorEnv, 'observationSpace'>,
): TextObservations {
  const parts = observationSpace.kind === 'dict' ? observationSpace.layout : [];
  const words = parts.filter(isWords);
  const actions = words.find(({ name }) => name === 'actions');
  const texts = words.filter((part) => part !== actions);
  if (texts.length === 0) {
    throw new RangeError(
      `${algorithm}: expected observations of a text game (textEnv), a Dict with numbers of words, got ${observationSpace.toString()}`,
    );
  }
  const [actionCount, actionLength] = actions ? (actions.space as Box).shape : [0, 0];
  const highest = words.map(({ space }) => (space as Box).high.reduce((most, high) => Math.max(most, high), 0));
  const vocabulary = 1 + Math.max(...highest);
  const numbers = parts.filter((part) => !words.includes(part));
  return { size: observationSpace.size, vocabulary, texts, numbers, actions, actionCount, actionLength };
}

/** A part of observations [rows × size] → [rows × size of the part]. */
export function partOf(observations: t.Tensor, { start, end }: DictPart): t.Tensor {
  return t.slice(observations, [0, start], [observations.shape[0], end - start]);
}

/** Numbers of words are whole ones that are not negative. */
function isWords({ space }: DictPart): boolean {
  return space.kind === 'box' && space.dtype === 'uint16' && space.shape.length <= 2;
}

import type { Box, DictPart, Discrete, VectorEnv } from '@gradus/core';
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
  /** The words of the actions, `actionCount` × `actionLength` of them. */
  readonly actions: DictPart;
  readonly actionCount: number;
  readonly actionLength: number;
  /** What the actions are made of, `actionCount` × 3 numbers; undefined where nobody knows. */
  readonly templates: DictPart | undefined;
}

/** What of observations is words. Throws `RangeError`, in the name of an algorithm, where they are not those of a text game. */
export function textObservations(
  algorithm: string,
  { observationSpace }: Pick<VectorEnv, 'observationSpace'>,
  actionSpace: Discrete,
): TextObservations {
  const parts = observationSpace.kind === 'dict' ? observationSpace.layout : [];
  const templates = parts.find(({ name }) => name === 'templates');
  const words = parts.filter((part) => part !== templates && isWords(part));
  const actions = words.find(({ name }) => name === 'actions');
  const texts = words.filter((part) => part !== actions);
  if (texts.length === 0) {
    throw new RangeError(
      `${algorithm}: expected observations of a text game (textEnv), a Dict with numbers of words, got ${observationSpace.toString()}`,
    );
  }
  const [actionCount, actionLength] = actions ? (actions.space as Box).shape : [0, 0];
  if (!actions || actionCount !== actionSpace.n || actionSpace.start !== 0) {
    throw new RangeError(
      `${algorithm}: expected the words of each of ${actionSpace.toString()} in a part 'actions' of observations, got ${observationSpace.toString()}`,
    );
  }
  const highest = words.map(({ space }) => (space as Box).high.reduce((most, high) => Math.max(most, high), 0));
  const vocabulary = 1 + Math.max(...highest);
  const numbers = parts.filter((part) => part !== templates && !words.includes(part));
  return { size: observationSpace.size, vocabulary, texts, numbers, actions, actionCount, actionLength, templates };
}

/** A part of observations [rows × size] → [rows × size of the part]. */
export function partOf(observations: t.Tensor, { start, end }: DictPart): t.Tensor {
  return t.slice(observations, [0, start], [observations.shape[0], end - start]);
}

/** Numbers of words are whole ones that are not negative. */
function isWords({ space }: DictPart): boolean {
  return space.kind === 'box' && space.dtype === 'uint16' && space.shape.length <= 2;
}

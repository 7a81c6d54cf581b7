import type { RandomSource } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { TextEncoder, TextEncoding } from './text-encoders.ts';
import { partOf, type TextObservations } from './text-observations.ts';

/** What a network is like. */
export interface TextNetworkOptions {
  readonly encoding: TextEncoding;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly random: RandomSource;
}

/** q(s, a), [rows × actions], and which of the actions are there: all, in a state that has none. */
export type TextValues = Readonly<Record<'q' | 'isThere', t.Tensor>>;

/** Values the actions of observations [rows × size]. */
export interface TextNetwork {
  (observations: t.Tensor): TextValues;
  readonly parameters: t.Parameters;
}

/** q(s, a) of the actions that are there, −∞ for others. */
export function validValues({ q, isThere }: TextValues): t.Tensor {
  return t.where(isThere, q, -Infinity);
}

/** Which of the actions are there, [rows × actions]. */
export function areThere(observations: t.Tensor, { actions, actionCount, actionLength }: TextObservations): t.Tensor {
  const [rows] = observations.shape;
  const words = t.reshape(partOf(observations, actions), [rows, actionCount, actionLength]);
  const isNamed = t.greater(t.max(words, { axis: 2 }), 0);
  // Where there is none, everything may be tried, as `actionMask` of `textEnv` says.
  const isAny = t.max(t.cast(isNamed, 'float32'), { axis: 1, keepDims: true });
  return t.logicalOr(isNamed, t.equal(isAny, 0));
}

/** The vectors of a state's texts, and its numbers as they are: [rows × `stateSize`]. */
export function stateVectors(
  observations: t.Tensor,
  { texts, numbers }: TextObservations,
  encoders: Readonly<Record<string, TextEncoder>>,
): t.Tensor {
  return t.concat([
    ...texts.map((part) => encoders[part.name](partOf(observations, part))),
    ...numbers.map((part) => partOf(observations, part)),
  ]);
}

/** How wide {@link stateVectors} are. */
export function stateSize({ texts, numbers }: TextObservations, hiddenSize: number): number {
  return hiddenSize * texts.length + numbers.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** A layer without an activation. */
export function layer(input: number, output: number, random: RandomSource): t.Module {
  return t.linear({ input, output, weight: 'fanIn', bias: 'fanIn', random });
}

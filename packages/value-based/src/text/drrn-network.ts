import type { RandomSource } from '@gradus/core';
import * as t from '@gradus/tensor';
import { textEncoders, type TextEncoding } from './text-encoders.ts';
import { partOf, type TextObservations } from './text-observations.ts';

/** What the network is like. */
export interface DrrnNetworkOptions {
  readonly encoding: TextEncoding;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly random: RandomSource;
}

/** Of observations [rows × size]: q(s, a), [rows × actions], and which of the actions are there: all, in a state that has none. */
export interface DrrnNetwork {
  (observations: t.Tensor): Readonly<Record<'q' | 'isThere', t.Tensor>>;
  readonly parameters: t.Parameters;
}

/** q(s, a) of the actions that are there, −∞ for others. */
export function validValues({ q, isThere }: ReturnType<DrrnNetwork>): t.Tensor {
  return t.where(isThere, q, -Infinity);
}

/**
 * The network of Hausknecht et al. (2020): an encoder for each text of the state and one for actions, and for each action
 *
 *     q(s, a) = w · relu(W [h_s, h_a] + b) + c.
 *
 * `score` and other numbers are parts of h_s as they are.
 */
export function drrnNetwork(
  spaces: TextObservations,
  { encoding, embeddingSize, hiddenSize, random }: DrrnNetworkOptions,
): DrrnNetwork {
  const { vocabulary, texts, numbers, actions, actionCount, actionLength } = spaces;
  if (!actions) throw new RangeError('drrnNetwork: expected actions in words, got none');
  const names = [...texts.map(({ name }) => name), actions.name];
  const { encoders, parameters } = textEncoders(names, { encoding, vocabulary, embeddingSize, hiddenSize, random });
  const numberCount = numbers.reduce((sum, { start, end }) => sum + end - start, 0);
  const layer = (input: number, output: number): t.Module =>
    t.linear({ input, output, weight: 'fanIn', bias: 'fanIn', random });
  // W in two parts, so that a state's is computed once for all of its actions.
  const [ofState, ofAction, last] = [
    layer(hiddenSize * texts.length + numberCount, hiddenSize),
    layer(hiddenSize, hiddenSize),
    layer(hiddenSize, 1),
  ];

  const network = (observations: t.Tensor): ReturnType<DrrnNetwork> => {
    const [rows] = observations.shape;
    const state = t.concat([
      ...texts.map((part) => encoders[part.name](partOf(observations, part))),
      ...numbers.map((part) => partOf(observations, part)),
    ]);
    const words = t.reshape(partOf(observations, actions), [rows * actionCount, actionLength]);
    const action = t.reshape(ofAction(encoders[actions.name](words)), [rows, actionCount, hiddenSize]);
    const q = last(t.relu(t.add(t.expandDims(ofState(state), 1), action)));
    const isNamed = t.reshape(t.greater(t.max(words, { axis: 1 }), 0), [rows, actionCount]);
    // Where there is none, everything may be tried, as `actionMask` of `textEnv` says.
    const isAny = t.max(t.cast(isNamed, 'float32'), { axis: 1, keepDims: true });
    return { q: t.reshape(q, [rows, actionCount]), isThere: t.logicalOr(isNamed, t.equal(isAny, 0)) };
  };
  const groups = {
    encoders: parameters,
    state: ofState.parameters,
    action: ofAction.parameters,
    value: last.parameters,
  };
  return Object.assign(network, { parameters: t.joinParameters(groups) });
}

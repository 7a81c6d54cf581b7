import * as t from '@gradus/tensor';
import { textEncoders } from './text-encoders.ts';
import {
  areThere,
  layer,
  stateSize,
  stateVectors,
  type TextNetwork,
  type TextNetworkOptions,
  type TextValues,
} from './text-network.ts';
import { partOf, type TextObservations } from './text-observations.ts';

/**
 * The network of Hausknecht et al. (2020): an encoder for each text of the state and one for actions, and for each action
 *
 *     q(s, a) = w · relu(W [h_s, h_a] + b) + c.
 *
 * `score` and other numbers are parts of h_s as they are.
 */
export function drrnNetwork(spaces: TextObservations, options: TextNetworkOptions): TextNetwork {
  const { vocabulary, texts, actions, actionCount, actionLength } = spaces;
  const { hiddenSize, random } = options;
  const names = [...texts.map(({ name }) => name), actions.name];
  const { encoders, parameters } = textEncoders(names, { ...options, vocabulary });
  // W in two parts, so that a state's is computed once for all of its actions.
  const ofState = layer(stateSize(spaces, hiddenSize), hiddenSize, random);
  const ofAction = layer(hiddenSize, hiddenSize, random);
  const last = layer(hiddenSize, 1, random);

  const network = (observations: t.Tensor): TextValues => {
    const [rows] = observations.shape;
    const state = stateVectors(observations, spaces, encoders);
    const words = t.reshape(partOf(observations, actions), [rows * actionCount, actionLength]);
    const action = t.reshape(ofAction(encoders[actions.name](words)), [rows, actionCount, hiddenSize]);
    const q = last(t.relu(t.add(t.expandDims(ofState(state), 1), action)));
    return { q: t.reshape(q, [rows, actionCount]), isThere: areThere(observations, spaces) };
  };
  const groups = {
    encoders: parameters,
    state: ofState.parameters,
    action: ofAction.parameters,
    value: last.parameters,
  };
  return Object.assign(network, { parameters: t.joinParameters(groups) });
}

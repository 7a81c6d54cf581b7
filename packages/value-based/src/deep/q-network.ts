import { featureLayers, observationFeatures, pictureLayers, type Space } from '@gradus/core';
import * as t from '@gradus/tensor';
import { noisyLinear, noisyModule, type NoisyModule } from './noisy-linear.ts';
import { ownNetwork, type QNetworkLayers } from './own-network.ts';

/** What a Q-network looks like. */
export interface QNetworkOptions extends Partial<QNetworkLayers> {
  readonly observationSpace: Space;
  /** Number of actions. */
  readonly actions: number;
  /** Outputs for each action. */
  readonly outputs: number;
  /** Whether there are two streams, for the state and for the actions; the last hidden layer is then one of each. */
  readonly dueling: boolean;
  /** Whether all layers but convolutions and those of parts are noisy. */
  readonly noisy: boolean;
  readonly random: t.RandomSource;
}

/**
 * A network from observations [rows × observation size] to outputs [rows × actions × outputs]: the layers of `featureLayers` and hidden layers,
 * drawn as PyTorch draws them, or `network`. With `dueling` (Wang et al., 2016) these are, output by output,
 *
 *     q(s, a) = v(s) + A(s, a) − mean_a′ A(s, a′).
 *
 * @throws RangeError as `featureLayers` and {@link ownNetwork} do.
 */
export function qNetwork(options: QNetworkOptions): NoisyModule {
  const { observationSpace, actions, outputs, convolutions = null, activation = 'relu' } = options;
  const { dueling, network = null, random } = options;
  if (network) {
    const own = ownNetwork(network, { ...options, outputs: actions * outputs });
    return noisyModule(own.parameters, (x) => t.reshape(own(x), [-1, actions, outputs]));
  }
  const hidden = options.hidden ?? pictureLayers(observationSpace, convolutions)?.hidden ?? [64, 64];
  const [images, size] = featureLayers(observationSpace, options, {
    convolution: (shape) => t.convolution({ ...shape, activation: 'relu', random }),
    linear: (shape) => t.linear({ ...shape, weight: 'fanIn', bias: 'fanIn', activation: 'relu', random }),
  });
  const layer = options.noisy ? noisyLinear : t.linear;
  const layers = (sizes: readonly number[], last: t.Activation): NoisyModule[] =>
    sizes.slice(1).map((output, i) => {
      const ending = i === sizes.length - 2 ? last : activation;
      return layer({ input: sizes[i], output, weight: 'fanIn', bias: 'fanIn', activation: ending, random });
    });
  const features = (observations: t.TensorLike): t.Tensor => observationFeatures(observationSpace, observations);

  if (!dueling) {
    const all = chain([...images, ...layers([size, ...hidden, actions * outputs], 'linear')]);
    return noisyModule(all.parameters, (x, key) => t.reshape(all(features(x), key), [-1, actions, outputs]));
  }
  const common = [size, ...hidden.slice(0, -1)];
  const stream = (output: number): NoisyModule =>
    chain(layers([...common.slice(-1), ...hidden.slice(-1), output], 'linear'));
  const trunk = chain([...images, ...layers(common, activation)]);
  const value = stream(outputs);
  const advantage = stream(actions * outputs);
  const groups = { trunk: trunk.parameters, value: value.parameters, advantage: advantage.parameters };
  return noisyModule(t.joinParameters(groups), (x, key) => {
    const shared = trunk(features(x), key);
    const advantages = t.reshape(advantage(shared, key), [-1, actions, outputs]);
    const centered = t.sub(advantages, t.mean(advantages, { axis: 1, keepDims: true }));
    return t.add(t.expandDims(value(shared, key), 1), centered);
  });
}

/** One layer after another, all with the same key. Parameters are prefixed with the position, `0.`, `1.`, … */
function chain(layers: readonly NoisyModule[]): NoisyModule {
  const groups = Object.fromEntries(layers.map((layer, i) => [i, layer.parameters]));
  return noisyModule(t.joinParameters(groups), (x, key) =>
    layers.reduce((value, layer) => layer(value, key), t.asTensor(x)),
  );
}

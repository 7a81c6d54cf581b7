import { featureCount, observationFeatures, positiveInteger, type OptionCheck, type Space } from '@gradus/core';
import * as t from '@gradus/tensor';
import { noisyLinear, noisyModule, type NoisyModule } from './noisy-linear.ts';

/** A convolution with ReLU, without padding. */
export interface Convolution {
  readonly filters: number;
  /** Rows and columns of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
}

/** What a Q-network looks like. */
export interface QNetworkOptions {
  readonly observationSpace: Space;
  /** Number of actions. */
  readonly actions: number;
  /** Outputs for each action. */
  readonly outputs: number;
  /** First layers, for images: observations of a `Box` [height, width, channels]. */
  readonly convolutions: readonly Convolution[];
  /** Sizes of the hidden layers after them. */
  readonly hidden: readonly number[];
  /** Whether there are two streams, for the state and for the actions; the last hidden layer is then one of each. */
  readonly dueling: boolean;
  /** Whether all layers but convolutions are noisy. */
  readonly noisy: boolean;
  readonly random: t.RandomSource;
}

/**
 * A network from observations [rows × observation size] to outputs [rows × actions × outputs]: convolutions and hidden layers with ReLU,
 * drawn as PyTorch draws them. With `dueling` (Wang et al., 2016) these are, output by output,
 *
 *     q(s, a) = v(s) + A(s, a) − mean_a′ A(s, a′).
 *
 * @throws RangeError for convolutions of what is no image, or that are larger than the image.
 */
export function qNetwork(options: QNetworkOptions): NoisyModule {
  const { observationSpace, actions, outputs, hidden, dueling, random } = options;
  const [images, size] = convolutionLayers(observationSpace, options.convolutions, (shape) =>
    t.convolution({ ...shape, activation: 'relu', random }),
  );
  const layer = options.noisy ? noisyLinear : t.linear;
  const layers = (sizes: readonly number[], last: t.Activation): NoisyModule[] =>
    sizes.slice(1).map((output, i) => {
      const activation = i === sizes.length - 2 ? last : 'relu';
      return layer({ input: sizes[i], output, weight: 'fanIn', bias: 'fanIn', activation, random });
    });
  const features = (observations: t.TensorLike): t.Tensor => observationFeatures(observationSpace, observations);

  if (!dueling) {
    const all = chain([...images, ...layers([size, ...hidden, actions * outputs], 'linear')]);
    return noisyModule(all.parameters, (x, key) => t.reshape(all(features(x), key), [-1, actions, outputs]));
  }
  const common = [size, ...hidden.slice(0, -1)];
  const stream = (output: number): NoisyModule =>
    chain(layers([...common.slice(-1), ...hidden.slice(-1), output], 'linear'));
  const trunk = chain([...images, ...layers(common, 'relu')]);
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

/**
 * The layers from observations to the flat result of the last convolution, and its size; `create` makes a convolution with what follows it.
 * @throws RangeError for convolutions of what is no image, or that are larger than the image.
 */
export function convolutionLayers(
  space: Space,
  convolutions: readonly Convolution[],
  create: (shape: Pick<t.ConvolutionOptions, 'input' | 'output' | 'kernel' | 'stride'>) => t.Module,
): [layers: t.Module[], size: number] {
  if (convolutions.length === 0) return [[], featureCount(space)];
  if (space.kind !== 'box' || space.shape.length !== 3) {
    throw new RangeError(`convolutions: expected observations Box [height, width, channels], got ${space.toString()}`);
  }
  let [height, width, input] = space.shape;
  const layers = [t.module({}, (x) => t.reshape(x, [-1, ...space.shape]))];
  convolutions.forEach(({ filters, kernel, stride }, i) => {
    if (kernel > Math.min(height, width)) {
      throw new RangeError(`convolutions[${i}]: expected a kernel inside ${height} × ${width}, got ${kernel}`);
    }
    layers.push(create({ input, output: filters, kernel, stride }));
    [height, width] = [height, width].map((extent) => Math.floor((extent - kernel) / stride) + 1);
    input = filters;
  });
  layers.push(t.flatten);
  return [layers, height * width * input];
}

/** Accepts a list of {@link Convolution}s. */
export const convolutionsCheck: OptionCheck = {
  expected: 'a list of { filters, kernel, stride }, positive integers',
  accepts: (value) => Array.isArray(value) && value.every(isConvolution),
};

function isConvolution(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const names = Object.keys(value).sort().join();
  return names === 'filters,kernel,stride' && Object.values(value).every((each) => positiveInteger.accepts(each));
}

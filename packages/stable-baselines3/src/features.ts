import { featureCount, type Convolution, type PartLayers } from '@gradus/core';
import { ImportError } from './errors.ts';
import type { ImportedLeaf, ImportedSpace } from './spaces.ts';
import type { Tensor } from './torch-file.ts';
import { outputsOf, rearrange, tensorsOf, type Linear, type Weights } from './weights.ts';

/** What comes before the hidden layers. */
export interface Features {
  /** Its options. */
  readonly layers: {
    readonly convolutions: readonly Convolution[] | null;
    readonly partLayers: Readonly<Record<string, PartLayers>> | null;
  };
  /** Weights of the layers that are no hidden ones, in the order of Gradus. */
  readonly tensors: readonly Tensor[];
  /** Hidden layers that belong to it: the one after convolutions. */
  readonly hidden: readonly Linear[];
  /** The first layer after it, for inputs in the order of Gradus. */
  readonly arrange: (layer: Linear) => Linear;
}

/** The strides of NatureCNN (Mnih et al., 2015), by which Stable-Baselines3 looks at pictures. */
const natureStrides: readonly number[] = [4, 2, 1];

/**
 * The extractor of features whose weights have names that begin with `prefix`: Stable-Baselines3's FlattenExtractor, NatureCNN or CombinedExtractor.
 * Throws {@link ImportError} for another one.
 */
export function readFeatures(weights: Weights, prefix: string, { space, leaves }: ImportedSpace): Features {
  if (space.kind !== 'dict') {
    const [leaf] = leaves;
    if (!weights.has(`${prefix}.`)) return flattened(leaves);
    const { convolutions, tensors, dense } = natureCnn(weights, prefix, leaf);
    return { layers: { convolutions, partLayers: null }, tensors, hidden: [dense], arrange: (layer) => layer };
  }
  const looks = new Map(
    leaves.flatMap((leaf) => {
      const own = `${prefix}.extractors.${leaf.name}`;
      return weights.has(`${own}.`) ? [[leaf.name, natureCnn(weights, own, leaf)] as const] : [];
    }),
  );
  const partLayers = Object.fromEntries(
    leaves
      .filter(({ isPicture }) => isPicture)
      .map(({ name }): [string, PartLayers] => {
        const look = looks.get(name);
        return [name, { convolutions: look?.convolutions ?? [], hidden: look ? [outputsOf(look.dense)] : [] }];
      }),
  );
  const inOrder = space.layout.flatMap(({ name }) => looks.get(name) ?? []);
  const order = inputOrder(leaves, (leaf) => {
    const look = looks.get(leaf.name);
    return look && outputsOf(look.dense);
  });
  return {
    layers: { convolutions: null, partLayers: Object.keys(partLayers).length === 0 ? null : partLayers },
    tensors: inOrder.flatMap(({ tensors, dense }) => [...tensors, ...tensorsOf([dense])]),
    hidden: [],
    arrange: order,
  };
}

/** Observations as they are, one number after another. */
function flattened(leaves: readonly ImportedLeaf[]): Features {
  // Without this, pictures would get layers of their own.
  const convolutions = leaves[0].isPicture ? [] : null;
  return { layers: { convolutions, partLayers: null }, tensors: [], hidden: [], arrange: inputOrder(leaves) };
}

/** How a layer's inputs are put in the order that Gradus has: parts of a Dict by name, colors of pictures last, bytes divided by 255. */
function inputOrder(
  leaves: readonly ImportedLeaf[],
  outputs: (leaf: ImportedLeaf) => number | undefined = () => undefined,
): (layer: Linear) => Linear {
  let end = 0;
  const parts = leaves.map((leaf) => {
    const seen = outputs(leaf);
    const start = end;
    end += seen ?? featureCount(leaf.space);
    const order = seen === undefined ? leafOrder(leaf) : Array.from({ length: seen }, (_, i) => i);
    // Stable-Baselines3 divides those of pictures alone.
    const scale = leaf.space.kind === 'box' && leaf.space.dtype === 'uint8' && !leaf.isPicture ? 255 : 1;
    return { name: leaf.name, columns: order.map((i) => start + i), scales: order.map(() => scale) };
  });
  const sorted = parts.sort((a, b) => (a.name < b.name ? -1 : 1));
  const columns = sorted.flatMap((part) => part.columns);
  const scales = sorted.flatMap((part) => part.scales);
  return (layer) => rearrange(layer, columns, scales);
}

/** Where each number of a leaf was in the file. */
function leafOrder({ space, isChannelsFirst }: ImportedLeaf): number[] {
  if (!isChannelsFirst) return Array.from({ length: featureCount(space) }, (_, i) => i);
  const [height, width, channels] = space.shape;
  return channelsLast(height * width, channels);
}

/** For numbers [places × channels] where each was in [channels × places]. */
function channelsLast(places: number, channels: number): number[] {
  return Array.from({ length: places * channels }, (_, i) => (i % channels) * places + Math.floor(i / channels));
}

/** NatureCNN: three convolutions, and a linear layer, whose inputs are rearranged. */
function natureCnn(
  weights: Weights,
  prefix: string,
  { space, isPicture }: ImportedLeaf,
): { readonly convolutions: Convolution[]; readonly tensors: Tensor[]; readonly dense: Linear } {
  if (!isPicture || !weights.has(`${prefix}.cnn.4.`) || !weights.has(`${prefix}.linear.0.`)) {
    throw new ImportError(`${prefix}: expected NatureCNN for pictures, got a features extractor of another kind`);
  }
  const layers = [0, 2, 4].map((number) => weights.convolution(`${prefix}.cnn.${number}`));
  let [height, width] = space.shape;
  const convolutions = layers.map(({ weight }, i) => {
    const [kernel, , , filters] = weight.shape;
    const stride = natureStrides[i];
    [height, width] = [height, width].map((extent) => Math.floor((extent - kernel) / stride) + 1);
    return { filters, kernel, stride };
  });
  const filters = layers[2].weight.shape[3];
  const dense = rearrange(weights.linear(`${prefix}.linear.0`), channelsLast(height * width, filters), []);
  return { convolutions, tensors: tensorsOf(layers), dense };
}

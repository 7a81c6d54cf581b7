import {
  asTensor,
  checkArguments,
  concat,
  flatten,
  joinParameters,
  layerSizes,
  module,
  nullable,
  outputShape,
  positiveInteger,
  rejectUnknown,
  reshape,
  sequential,
  slice,
  type ConvolutionOptions,
  type LinearOptions,
  type Module,
  type OptionCheck,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aSpace, anObject } from '../options/argument-checks.ts';
import { featureCount } from '../spaces/observation-features.ts';
import type { Dict, Space } from '../spaces/spaces.ts';
import { outputWidth } from './output-width.ts';

/** A convolution with ReLU, without padding. */
export interface Convolution {
  readonly filters: number;
  /** Rows and columns of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
}

/** Layers with ReLU for one part of a `Dict`. */
export interface PartLayers {
  /** First layers, for a `Box` [height, width, channels]. Default: as `FeatureLayerOptions.convolutions`. */
  readonly convolutions?: readonly Convolution[];
  /** Sizes of the layers after them. Default: [256] after NatureCNN's (SB3), [128] after MinAtar's, else none. */
  readonly hidden?: readonly number[];
}

/** The first layers of a network: what it makes of observations before its hidden layers. */
export interface FeatureLayerOptions {
  /**
   * First layers, with ReLU, for observations of a `Box` [height, width, channels]; [] for none. `null`: from 36 × 36 on NatureCNN's (Mnih et al., 2015; SB3),
   * 32 filters 8 × 8 with stride 4, 64 filters 4 × 4 with stride 2 and 64 filters 3 × 3; from 3 × 3 on MinAtar's (Young and Tian, 2019), 16 filters 3 × 3; none
   * for other observations, frames along the first axis (`frameAxis` 0) among them. Default `null`.
   */
  readonly convolutions: readonly Convolution[] | null;
  /**
   * Layers of their own for the parts of a `Dict`, by name; what they make of the parts is put one after the other (SB3's CombinedExtractor). Parts without
   * an entry have the default layers if they are pictures, see `PartLayers`, else they go on as they are. Default `null`: no part has an entry.
   */
  readonly partLayers: Readonly<Record<string, PartLayers>> | null;
}

/** Default layers for pictures, without numbers for others. */
export const featureLayerDefaults: FeatureLayerOptions = { convolutions: null, partLayers: null };

/** How {@link featureLayers} has its layers made, each with what follows it, such as ReLU. */
export interface LayerMakers {
  readonly convolution: (shape: Pick<ConvolutionOptions, 'input' | 'output' | 'kernel' | 'stride'>) => Module;
  readonly linear: (shape: Pick<LinearOptions, 'input' | 'output'>) => Module;
}

/** The default layers for a picture: convolutions, and sizes of the hidden layers after them, also of those in a `Dict`. */
export type PictureLayers = Readonly<
  { convolutions: readonly Convolution[] } & Record<'hidden' | 'partHidden', readonly number[]>
>;

const natureCnn: PictureLayers = {
  convolutions: [
    { filters: 32, kernel: 8, stride: 4 },
    { filters: 64, kernel: 4, stride: 2 },
    { filters: 64, kernel: 3, stride: 1 },
  ],
  hidden: [512],
  partHidden: [256],
};

const minAtarCnn: PictureLayers = {
  convolutions: [{ filters: 16, kernel: 3, stride: 1 }],
  hidden: [128],
  partHidden: [128],
};

/** The default layers of observations that are pictures; undefined for others, and where `convolutions` are given. */
export function pictureLayers(
  space: Space,
  convolutions: readonly Convolution[] | null = null,
): PictureLayers | undefined {
  // The first axis of stacked frames is no height.
  const isPicture = space.kind === 'box' && space.shape.length === 3 && space.frameAxis !== 0;
  if (convolutions !== null || !isPicture) return undefined;
  const side = Math.min(space.shape[0], space.shape[1]);
  if (side >= 36) return natureCnn;
  return side >= 3 ? minAtarCnn : undefined;
}

/**
 * The layers from `observationFeatures` to the features that hidden layers see, [rows × size], and that size.
 * @throws RangeError for convolutions of what is no picture, or that are larger than it, and for layers of parts that are not there.
 */
export function featureLayers(
  space: Space,
  { convolutions = null, partLayers = null }: Partial<FeatureLayerOptions>,
  make: LayerMakers,
): [layers: Module[], size: number] {
  if (partLayers === null) return layersOf(space, convolutions, make, 'convolutions');
  if (space.kind !== 'dict') {
    throw new RangeError(`partLayers: expected observations of a Dict, got ${space.toString()}`);
  }
  if (convolutions !== null) throw new RangeError('partLayers: expected no convolutions beside it but those of parts');
  return dictLayers(space, partLayers, make);
}

/** `subject` is what messages call the convolutions. */
function layersOf(
  space: Space,
  convolutions: readonly Convolution[] | null,
  make: LayerMakers,
  subject: string,
): [layers: Module[], size: number] {
  if (space.kind === 'dict' && convolutions === null) return dictLayers(space, {}, make);
  const chosen = convolutions ?? pictureLayers(space)?.convolutions ?? [];
  if (chosen.length === 0) return [[], featureCount(space)];
  if (space.kind !== 'box' || space.shape.length !== 3) {
    throw new RangeError(`${subject}: expected observations Box [height, width, channels], got ${space.toString()}`);
  }
  let [height, width, input] = space.shape;
  const layers = [module({}, (x) => reshape(x, [-1, ...space.shape]))];
  chosen.forEach(({ filters, kernel, stride }, i) => {
    if (kernel > Math.min(height, width)) {
      throw new RangeError(`${subject}[${i}]: expected a kernel inside ${height} × ${width}, got ${kernel}`);
    }
    layers.push(make.convolution({ input, output: filters, kernel, stride }));
    [height, width] = [height, width].map((extent) => Math.floor((extent - kernel) / stride) + 1);
    input = filters;
  });
  layers.push(flatten);
  return [layers, height * width * input];
}

function dictLayers(
  space: Dict,
  partLayers: Readonly<Record<string, PartLayers>>,
  make: LayerMakers,
): [layers: Module[], size: number] {
  rejectUnknown('partLayers', partLayers, space.parts);
  const modules: Record<string, Module> = {};
  for (const { name, space: part } of space.layout) {
    const layers: PartLayers = Object.hasOwn(partLayers, name) ? partLayers[name] : {};
    const convolutions = layers.convolutions ?? null;
    const [first, size] = layersOf(part, convolutions, make, `partLayers.${name}.convolutions`);
    const hidden = layers.hidden ?? pictureLayers(part, convolutions)?.partHidden ?? [];
    const dense = denseLayers(size, hidden, make);
    const all = [...first, ...dense];
    if (all.length > 0) modules[name] = sequential(all);
  }
  const size = featureCount(space);
  if (Object.keys(modules).length === 0) return [[], size];
  const features = dictFeatures(space, modules);
  return [[features], outputShape(features, [1, size])[1]];
}

/** Layers from `input` numbers through `sizes`, one after the other. */
export function denseLayers(
  input: number,
  sizes: readonly number[],
  { linear }: Pick<LayerMakers, 'linear'>,
): Module[] {
  return sizes.map((output, i) => linear({ input: i === 0 ? input : sizes[i - 1], output }));
}

/**
 * A module that gives each part of a `Dict` to a module of its own, by name, and puts what these make of them one after the other, in the order of the
 * layout: from `observationFeatures`, [rows × numbers], to [rows × sizes of all]. Parts without a module go on as they are.
 * @throws RangeError for modules of parts that are not there, and those that do not make [rows × size] of [rows × numbers of the part].
 */
export function dictFeatures(space: Dict, modules: Readonly<Record<string, Module>>): Module {
  checkArguments('dictFeatures', { space, modules }, { space: aDict, modules: someModules });
  rejectUnknown('dictFeatures', modules, space.parts);
  let end = 0;
  const parts = space.layout.map(({ name, space: part }) => {
    const [from, size] = [end, featureCount(part)];
    end += size;
    const apply: ((x: TensorLike) => Tensor) | undefined = Object.hasOwn(modules, name) ? modules[name] : undefined;
    if (apply !== undefined) outputWidth('dictFeatures', `the module of '${name}'`, apply, size);
    return { apply, from, size };
  });
  const groups = Object.entries(modules).map(([name, { parameters }]) => [name, parameters] as const);
  return module(joinParameters(Object.fromEntries(groups)), (x) => {
    const rows = asTensor(x);
    const views = parts.map(({ from, size }) => slice(rows, [0, from], [rows.shape[0], size]));
    return concat(views.map((view, i) => parts[i].apply?.(view) ?? view));
  });
}

const aDict: OptionCheck = {
  expected: 'a Dict',
  accepts: (value) => aSpace.accepts(value) && (value as Space).kind === 'dict',
};

const someModules: OptionCheck = {
  expected: 'modules by name',
  accepts: (value) => anObject.accepts(value) && Object.values(value as object).every(aModule.accepts),
};

/** Accepts a `Module`. */
export const aModule: OptionCheck = {
  expected: 'a module',
  accepts: (value) => typeof value === 'function' && 'parameters' in value,
};

const convolutionsCheck: OptionCheck = {
  expected: 'a list of { filters, kernel, stride } of positive integers',
  accepts: (value) => Array.isArray(value) && value.every(isConvolution),
};

function isConvolution(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const names = Object.keys(value).sort().join();
  return names === 'filters,kernel,stride' && Object.values(value).every((each) => positiveInteger.accepts(each));
}

const partChecks: Readonly<Record<string, OptionCheck>> = { convolutions: convolutionsCheck, hidden: layerSizes };

/** What each of these options must be. */
export const featureLayerChecks: { readonly [Name in keyof FeatureLayerOptions]: OptionCheck } = {
  convolutions: nullable(convolutionsCheck),
  partLayers: nullable({
    expected: 'lists { convolutions, hidden } of layers by name',
    accepts: (value) => anObject.accepts(value) && Object.values(value as object).every(isPartLayers),
  }),
};

function isPartLayers(value: unknown): boolean {
  const isKnown = ([name, layers]: [string, unknown]): boolean =>
    Object.hasOwn(partChecks, name) && partChecks[name].accepts(layers);
  return anObject.accepts(value) && Object.entries(value as object).every(isKnown);
}

import {
  flatten,
  module,
  positiveInteger,
  reshape,
  type ConvolutionOptions,
  type Module,
  type OptionCheck,
} from '@gradus/tensor';
import { featureCount } from '../spaces/observation-features.ts';
import type { Space } from '../spaces/spaces.ts';

/** A convolution with ReLU, without padding. */
export interface Convolution {
  readonly filters: number;
  /** Rows and columns of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
}

/**
 * The layers from observations to the flat result of the last convolution, and its size; `create` makes a convolution with what follows it.
 * @throws RangeError for convolutions of what is no image, or that are larger than the image.
 */
export function convolutionLayers(
  space: Space,
  convolutions: readonly Convolution[],
  create: (shape: Pick<ConvolutionOptions, 'input' | 'output' | 'kernel' | 'stride'>) => Module,
): [layers: Module[], size: number] {
  if (convolutions.length === 0) return [[], featureCount(space)];
  if (space.kind !== 'box' || space.shape.length !== 3) {
    throw new RangeError(`convolutions: expected observations Box [height, width, channels], got ${space.toString()}`);
  }
  let [height, width, input] = space.shape;
  const layers = [module({}, (x) => reshape(x, [-1, ...space.shape]))];
  convolutions.forEach(({ filters, kernel, stride }, i) => {
    if (kernel > Math.min(height, width)) {
      throw new RangeError(`convolutions[${i}]: expected a kernel inside ${height} × ${width}, got ${kernel}`);
    }
    layers.push(create({ input, output: filters, kernel, stride }));
    [height, width] = [height, width].map((extent) => Math.floor((extent - kernel) / stride) + 1);
    input = filters;
  });
  layers.push(flatten);
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

import { definePrimitive } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { shapeText } from '../shape.ts';
import { checkArguments, oneOf, optional, positiveInteger, type OptionCheck } from '../check-options.ts';
import { cast } from './cast.ts';
import { matmul } from './matmul.ts';
import { OP_COL2IM, OP_IM2COL } from './opcodes.ts';
import { reshape } from './shape.ts';

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Step between windows, rows and columns alike. Default 1. */
  readonly stride?: number;
  /** `valid` (default): windows inside the image only; `same`: ⌈size / stride⌉ outputs, zeros outside. */
  readonly padding?: 'valid' | 'same';
}

/** The checks of {@link Conv2dOptions}. */
export const convolutionChecks: Readonly<Record<keyof Conv2dOptions, OptionCheck>> = {
  stride: optional(positiveInteger),
  padding: optional(oneOf('valid', 'same')),
};

interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly pad: readonly [number, number];
  readonly out: readonly [number, number];
  /** Shape of the image, [batch, height, width, channels]. */
  readonly image: readonly number[];
}

/**
 * Convolution (without flipping) of NHWC images [batch, height, width, in] with filters [rows, columns, in, out]: one
 * matrix product over the image's windows.
 * @throws RangeError when shapes do not fit or no window is inside the image.
 */
export function conv2d(image: TensorLike, filters: TensorLike, options: Conv2dOptions = {}): Tensor {
  checkArguments('conv2d', options, convolutionChecks);
  const x = cast(image, 'float32', 'conv2d');
  const w = cast(filters, 'float32', 'conv2d');
  const stride = options.stride ?? 1;
  const fits = x.shape.length === 4 && w.shape.length === 4 && x.shape[3] === w.shape[2];
  if (!fits) {
    throw new RangeError(
      `conv2d: expected [batch, height, width, in] and [rows, columns, in, out], ` +
        `got ${shapeText(x.shape)} and ${shapeText(w.shape)}`,
    );
  }
  const [batch, height, width] = x.shape;
  const [rows, columns, , channels] = w.shape;
  const [outHeight, padTop] = extent(height, rows, stride, options.padding);
  const [outWidth, padLeft] = extent(width, columns, stride, options.padding);
  const windows: Windows = {
    kernel: [rows, columns],
    stride,
    pad: [padTop, padLeft],
    out: [outHeight, outWidth],
    image: x.shape,
  };
  const patches = im2col(x, windows);
  const result = matmul(reshape(patches, [batch * outHeight * outWidth, -1]), reshape(w, [-1, channels]));
  return reshape(result, [batch, outHeight, outWidth, channels]);
}

/** Number of windows along an axis, and zeros before it. */
function extent(size: number, kernel: number, stride: number, padding: Conv2dOptions['padding']): [number, number] {
  if (padding === 'same') {
    const out = Math.ceil(size / stride);
    return [out, Math.floor(Math.max(0, (out - 1) * stride + kernel - size) / 2)];
  }
  if (kernel > size) throw new RangeError(`conv2d: a window of ${kernel} is not inside an image of ${size}`);
  return [Math.floor((size - kernel) / stride) + 1, 0];
}

/** The windows of an image: [batch, height, width, in] → [batch, outHeight, outWidth, rows, columns, in]. */
function im2col(image: Tensor, windows: Windows): Tensor {
  const [batch, , , channels] = windows.image;
  const shape = [batch, ...windows.out, ...windows.kernel, channels];
  return currentTrace().node('im2col', [image], shape, 'float32', { ...windows });
}

/** Adds windows up where they came from: the transpose of {@link im2col}. */
function col2im(patches: Tensor, windows: Windows): Tensor {
  return currentTrace().node('col2im', [patches], windows.image, 'float32', { ...windows });
}

function windowsOf(node: Tensor): Windows {
  return node.attributes as unknown as Windows;
}

function operands(windows: Windows): number[] {
  const { image, kernel, stride, pad, out } = windows;
  return [...image, ...kernel, stride, stride, ...pad, ...out];
}

definePrimitive('im2col', {
  kind: 'kernel',
  gradient: (node, gradient) => [col2im(gradient, windowsOf(node))],
  lower: (node, emit) => {
    emit(OP_IM2COL, ...operands(windowsOf(node)), node.inputs[0], node);
  },
});

definePrimitive('col2im', {
  kind: 'kernel',
  gradient: (node, gradient) => [im2col(gradient, windowsOf(node))],
  lower: (node, emit) => {
    emit(OP_COL2IM, ...operands(windowsOf(node)), node.inputs[0], node);
  },
});

import type { Tensor } from '@gradus/tensor';
import type { Translate, Translator } from './translator.ts';

/** Attributes of `im2col` nodes. */
interface Windows {
  readonly kernel: readonly [rows: number, columns: number];
  readonly stride: number;
  readonly pad: readonly [top: number, left: number];
  readonly out: readonly [height: number, width: number];
}

/** Zeros before and behind rows and columns, so that every window lies inside. */
function margins(node: Tensor): { readonly before: readonly number[]; readonly behind: readonly number[] } {
  const { kernel, stride, pad, out } = node.attributes as unknown as Windows;
  const extents = node.inputs[0].shape.slice(1, 3);
  const behind = extents.map((extent, i) => Math.max(0, (out[i] - 1) * stride + kernel[i] - extent - pad[i]));
  return { before: pad, behind };
}

/**
 * A product of an image's windows with filters, as `conv2d` makes it, by the operator for convolutions, which has channels before rows and columns; undefined
 * for another product.
 */
export function convolution(node: Tensor, to: Translator): string | undefined {
  const [patches, filters] = node.inputs;
  const windows = patches.op === 'reshape' ? patches.inputs[0] : patches;
  if (windows.op !== 'im2col' || filters.shape.length !== 2 || filters.shape[0] !== patches.shape[1]) return undefined;
  const { kernel, stride } = windows.attributes as unknown as Windows;
  const [image] = windows.inputs;
  const channels = image.shape[3];
  if (filters.shape[0] !== kernel[0] * kernel[1] * channels) return undefined;
  const { before, behind } = margins(windows);
  const x = to.apply('Transpose', [to.value(image)], { perm: [0, 3, 1, 2] });
  const shaped = to.reshape(to.value(filters), [...kernel, channels, filters.shape[1]]);
  const w = to.apply('Transpose', [shaped], { perm: [3, 2, 0, 1] });
  const y = to.apply('Conv', [x, w], { strides: [stride, stride], pads: [...before, ...behind] });
  return to.reshape(to.apply('Transpose', [y], { perm: [0, 2, 3, 1] }), to.graph.shape(node));
}

/** The windows of an image: for each place in a window, the pixels that are there in all windows. */
export const windowsOfImage: Translate = (node, to) => {
  const { kernel, stride, out } = node.attributes as unknown as Windows;
  const { before, behind } = margins(node);
  const amounts = to.model.integers([0, ...before, 0, 0, ...behind, 0]);
  const padded = to.apply('Pad', [to.value(node.inputs[0]), amounts, to.model.scalar(0)]);
  const axes = to.model.integers([1, 2]);
  const steps = to.model.integers([stride, stride]);
  const pixels = Array.from({ length: kernel[0] * kernel[1] }, (_, i) => {
    const place = [Math.floor(i / kernel[1]), i % kernel[1]];
    const ends = place.map((start, axis) => start + (out[axis] - 1) * stride + 1);
    const taken = to.apply('Slice', [padded, to.model.integers(place), to.model.integers(ends), axes, steps]);
    return to.apply('Unsqueeze', [taken, to.model.integers([3])]);
  });
  const all = pixels.length === 1 ? pixels[0] : to.apply('Concat', pixels, { axis: 3 });
  return to.reshape(all, to.graph.shape(node));
};

import type { Tensor as Node } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/** Attributes of the `im2col` and `col2im` nodes. */
interface Windows {
  readonly kernel: readonly [rows: number, columns: number];
  readonly stride: number;
  readonly pad: readonly [top: number, left: number];
  readonly out: readonly [height: number, width: number];
  readonly image: readonly [batch: number, height: number, width: number, channels: number];
}

function windowsOf(node: Node): Windows {
  return node.attributes as unknown as Windows;
}

/** Zeros before and after rows and columns, so that every window lies inside. */
function margins({ kernel, stride, pad, out, image }: Windows): [number, number][] {
  const after = [0, 1].map((i) => Math.max(0, (out[i] - 1) * stride + kernel[i] - image[i + 1] - pad[i]));
  return [
    [0, 0],
    [pad[0], after[0]],
    [pad[1], after[1]],
    [0, 0],
  ];
}

/** Each place in a window. */
function places({ kernel: [rows, columns] }: Windows): [row: number, column: number][] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
}

/** The windows of an image: for each place in a window, the pixels that are there in all windows. */
export function im2col([image]: readonly tf.Tensor[], node: Node): tf.Tensor {
  const windows = windowsOf(node);
  const { stride, out } = windows;
  const [batch, , , channels] = windows.image;
  const padded = tf.pad(image, margins(windows));
  const pixels = places(windows).map(([row, column]) =>
    tf.stridedSlice(
      padded,
      [0, row, column, 0],
      [batch, row + (out[0] - 1) * stride + 1, column + (out[1] - 1) * stride + 1, channels],
      [1, stride, stride, 1],
    ),
  );
  return tf.reshape(tf.stack(pixels, 3), [...node.shape]);
}

/** Windows added up where they came from: for each place in a window, its pixels are spread by the stride and shifted. */
export function col2im([patches]: readonly tf.Tensor[], node: Node): tf.Tensor {
  const windows = windowsOf(node);
  const { stride, out } = windows;
  const [batch, height, width, channels] = windows.image;
  const around = margins(windows);
  const padded = [height, width].map((extent, i) => extent + around[i + 1][0] + around[i + 1][1]);
  const spread = out.map((extent) => (extent - 1) * stride + 1);
  const columns = tf.reshape(patches, [batch, out[0], out[1], -1, channels]);
  const images = places(windows).map(([row, column], i) => {
    const pixels = tf.reshape(tf.slice(columns, [0, 0, 0, i, 0], [batch, out[0], out[1], 1, channels]), [
      batch * out[0],
      1,
      out[1],
      channels,
    ]);
    // Rows and then columns are followed by stride − 1 zeros each; those after the last one are cut off.
    const rows = tf.reshape(spreadAxis(pixels, 1, stride), [batch, out[0] * stride, out[1], channels]);
    const all = tf.reshape(spreadAxis(tf.reshape(rows, [-1, out[1], 1, channels]), 2, stride), [
      batch,
      out[0] * stride,
      out[1] * stride,
      channels,
    ]);
    const cut = tf.slice(all, [0, 0, 0, 0], [batch, spread[0], spread[1], channels]);
    return tf.pad(cut, [
      [0, 0],
      [row, padded[0] - spread[0] - row],
      [column, padded[1] - spread[1] - column],
      [0, 0],
    ]);
  });
  return tf.slice(tf.addN(images), [0, around[1][0], around[2][0], 0], [batch, height, width, channels]);
}

/** Adds zeros after an axis of size 1 up to size `stride`. */
function spreadAxis(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  return tf.pad(
    x,
    x.shape.map((_, i): [number, number] => [0, i === axis ? stride - 1 : 0]),
  );
}

import { sizeOf, type Program, type TensorData } from '@gradus/tensor';
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node';
import { toOnnx } from '@gradus/onnx';

/** What of ONNX Runtime the tests need: that of Node and that of browsers have the same face. */
export interface Runtime {
  readonly InferenceSession: { create(file: Uint8Array): Promise<InferenceSession> };
  readonly Tensor: TensorConstructor;
}

/** Values of an input: numbers by place. */
export type Fill = (name: string, i: number) => number;

/** Not all equal, between −2 and 2, the same in every run. */
const someNumbers: Fill = (name, i) => 2 * Math.sin(12.9898 * (i + 1) + name.length);

type Inputs = Record<string, readonly number[]>;
type Made = Program<Record<string, unknown>, Record<string, unknown>>;

/** By output, the largest difference between what our program and its ONNX file make of the same inputs. */
export async function differences(
  runtime: Runtime,
  make: (rows: number) => Made,
  shapes: (rows: number) => Inputs,
  fill: Fill = someNumbers,
): Promise<Record<string, number>> {
  const session = await runtime.InferenceSession.create(toOnnx(make));
  const worst: Record<string, number> = {};
  for (const rows of [1, 3]) {
    const program = make(rows);
    const feeds: Record<string, Tensor> = {};
    for (const [name, shape] of Object.entries(shapes(rows))) {
      const target = (program.inputs as Record<string, TensorData>)[name];
      target.set(Array.from({ length: sizeOf(shape) }, (_, i) => fill(name, i)));
      feeds[name] = new runtime.Tensor(target instanceof Float32Array ? 'float32' : 'int32', target.slice(), shape);
    }
    const theirs = await session.run(feeds);
    for (const [name, values] of Object.entries(program.run() as Record<string, TensorData>)) {
      worst[name] = Math.max(worst[name] ?? 0, distance(values, theirs[name]));
    }
    program.dispose();
  }
  await session.release();
  return worst;
}

/** The largest difference of two elements; infinite where one is NaN and not the other, or sizes differ. */
function distance(ours: TensorData, theirs: Tensor): number {
  const data = Array.from(theirs.data as Iterable<number>, Number);
  if (data.length !== ours.length) return Infinity;
  let worst = 0;
  ours.forEach((value, i) => {
    if (Object.is(value, data[i]) || value === data[i]) return;
    const apart = Math.abs(value - data[i]);
    worst = Number.isNaN(apart) ? Infinity : Math.max(worst, apart);
  });
  return worst;
}

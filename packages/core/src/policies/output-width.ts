import {
  checkArguments,
  optional,
  outputShape,
  positiveInteger,
  shapeText,
  type Shape,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aFunction, text } from '../options/argument-checks.ts';

/**
 * Numbers in each row of what `apply`, a module or another function of a tensor, makes of rows of `input` numbers. Messages begin with `subject` and call it
 * `what`.
 * @throws RangeError where it does not take such rows, and where it does not make [rows × output]; of any size where `output` is not given.
 */
export function outputWidth(
  subject: string,
  what: string,
  apply: (x: TensorLike) => Tensor,
  input: number,
  output?: number,
): number {
  checkArguments(
    'outputWidth',
    { subject, what, apply, input, output },
    { subject: text, what: text, apply: aFunction, input: positiveInteger, output: optional(positiveInteger) },
  );
  const expected = `${subject}: expected ${what} to make [2, ${output ?? 'size'}] of [2, ${input}]`;
  let shape: Shape;
  try {
    shape = outputShape(apply, [2, input]);
  } catch (error) {
    // What its operations say of shapes that do not fit; anything else is the caller's own.
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${expected}, which it does not take: ${error.message}`, { cause: error });
  }
  const [rows, width] = shape;
  if (shape.length === 2 && rows === 2 && (output === undefined || width === output)) return width;
  throw new RangeError(`${expected}, got ${shapeText(shape)}`);
}

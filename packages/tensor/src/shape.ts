import { valueText } from './check-options.ts';
import { memoryText } from './memory.ts';

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** A shape for messages: `[2, 3]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Axes that the kernels have room for (MAX_DIMS of kernels/program.h). */
const maximumAxes = 8;
/** Elements of one tensor that the kernels can count. */
const maximumElements = 2 ** 31 - 1;

/**
 * The one rule for shapes: at most eight sizes, integers of at least 1, whose product is less than 2³¹.
 * @throws RangeError for any other, beginning with `subject`.
 */
export function checkShape(subject: string, shape: Shape): void {
  const isSize = (extent: unknown): boolean => Number.isSafeInteger(extent) && (extent as number) >= 1;
  if (!Array.isArray(shape) || shape.length > maximumAxes || !shape.every(isSize)) {
    throw new RangeError(
      `${subject}: expected a shape of at most ${maximumAxes} sizes, integers of at least 1, got ${valueText(shape)}`,
    );
  }
  const elements = sizeOf(shape);
  if (elements > maximumElements) {
    throw new RangeError(
      `${subject}: a tensor of shape ${shapeText(shape)} would take ${memoryText(4 * elements)} of memory, ` +
        `one tensor can have ${memoryText(4 * maximumElements)}`,
    );
  }
}

// Imported by what sets up tests: typed arrays with the same bytes are equal, which vitest else finds out number by number, many times slower.
// Whether others are, and how they differ, is still vitest's to say.
import { Buffer } from 'node:buffer';
import { expect } from 'vitest';

const isTypedArray = (value) => ArrayBuffer.isView(value) && !(value instanceof DataView);
const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

expect.addEqualityTesters([
  (a, b) => {
    const isKind = isTypedArray(a) && isTypedArray(b) && a.constructor === b.constructor;
    return isKind && bytesOf(a).equals(bytesOf(b)) ? true : undefined;
  },
]);

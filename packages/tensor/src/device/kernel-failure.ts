/** The instructions that read an index, by opcode (see kernels/program.h). */
const names: Readonly<Record<number, string>> = { 6: 'gather', 7: 'scatterAdd', 12: 'sliceAt', 13: 'updateAt' };

/** The error for a program that stopped at instruction `opcode`, which read `index` where [0, limit) was expected. */
export function kernelFailure(opcode: number, index: number, limit: number): Error {
  const name = names[opcode];
  if (name === undefined) return new Error(`the program contains an unknown instruction: opcode ${opcode}`);
  return new RangeError(`${name}: expected an index of at least 0 and less than ${limit}, got ${index}`);
}

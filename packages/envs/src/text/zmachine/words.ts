/** Numbers of the Z-machine have 16 bits, the high byte first in memory (Z-Machine Standards Document 1.1, §2). */

export function readWord(memory: Uint8Array, address: number): number {
  return (memory[address] << 8) | memory[address + 1];
}

export function writeWord(memory: Uint8Array, address: number, value: number): void {
  memory[address] = value >> 8;
  memory[address + 1] = value;
}

/** The number from −32768 to 32767 that these 16 bits are. */
export function signed(word: number): number {
  return (word << 16) >> 16;
}

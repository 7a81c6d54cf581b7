/** The part of Node that knows; nothing is imported, so that browsers can load this module. */
interface NodeProcess {
  constrainedMemory?(): number;
  getBuiltinModule?(name: 'node:os'): { totalmem(): number };
}

let limit: number | undefined;

/** Bytes that this process can have: the machine's, or what a container leaves of them. Infinite where nobody tells. */
function memoryLimit(): number {
  if (limit === undefined) {
    const { process } = globalThis as { readonly process?: NodeProcess };
    // 0, or more than there can be, where there is no constraint.
    const constrained = process?.constrainedMemory?.() ?? 0;
    const total = process?.getBuiltinModule?.('node:os').totalmem() ?? Infinity;
    limit = constrained > 0 ? Math.min(constrained, total) : total;
  }
  return limit;
}

/** Bytes for messages: `12.5 GB`. */
export function memoryText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** @throws RangeError, naming the memory, for more than this machine has. */
export function checkMemory(subject: string, bytes: number): void {
  if (bytes <= memoryLimit()) return;
  throw new RangeError(
    `${subject} would take ${memoryText(bytes)} of memory, this machine has ${memoryText(limit ?? 0)}`,
  );
}

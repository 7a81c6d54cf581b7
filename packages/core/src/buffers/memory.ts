/** What Node knows of the machine; asked for in this way, since an import would not load in browsers. */
interface NodeProcess {
  /** Bytes that the process may use; 0 or more than there are where nothing limits it. */
  readonly constrainedMemory?: () => number;
  readonly getBuiltinModule?: (name: string) => { readonly totalmem: () => number } | undefined;
}

/** Bytes of memory that this machine has; infinitely many where it does not say. */
export function machineMemory(): number {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const total = process?.getBuiltinModule?.('node:os')?.totalmem() ?? Infinity;
  const allowed = process?.constrainedMemory?.() ?? 0;
  return allowed > 0 ? Math.min(allowed, total) : total;
}

/**
 * What `create` makes, which takes `bytes` bytes. Throws `RangeError` that begins with `what` and names the memory it would take: before
 * anything is made where the machine has less, and where it cannot be had.
 */
export function withMemory<T>(what: string, bytes: number, create: () => T): T {
  const available = machineMemory();
  if (bytes > available) {
    throw new RangeError(`${what} take ${bytesText(bytes)}, but this machine has ${bytesText(available)} of memory`);
  }
  try {
    return create();
  } catch (error) {
    // What typed arrays throw that are too long, or for which there is no memory.
    if (!(error instanceof RangeError && /array/i.test(error.message))) throw error;
    throw new RangeError(`${what} take ${bytesText(bytes)}, which cannot be had: ${error.message}`, { cause: error });
  }
}

/** 1234567890 as `1.1 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  const value = (bytes / 1024 ** unit).toLocaleString('en-US', { maximumFractionDigits: unit === 0 ? 0 : 1 });
  return `${value} ${units[unit]}`;
}

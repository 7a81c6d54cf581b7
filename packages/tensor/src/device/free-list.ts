/** A stretch of free memory. */
interface Region {
  address: number;
  bytes: number;
}

/** Which parts of a linear memory are free: best fit, neighbours merged. Sizes are rounded up to the alignment. */
export class FreeList {
  /** Addresses handed out are multiples of this. */
  static readonly alignment = 64;
  /** In order of address, no two adjacent. */
  readonly #regions: Region[] = [];
  /** Everything from here on has never been handed out, and is zero still. */
  #fresh = 0;

  constructor(address: number, bytes: number) {
    this.extend(address, bytes);
  }

  /** Adds fresh memory, all zeros, behind what there is. */
  extend(address: number, bytes: number): void {
    const start = roundUp(address);
    const end = Math.floor((address + bytes) / FreeList.alignment) * FreeList.alignment;
    this.#insert({ address: start, bytes: end - start });
  }

  /**
   * Takes `bytes` out, or returns undefined where no region is large enough. The first `used` bytes may hold something
   * other than zeros.
   */
  take(bytes: number): { readonly address: number; readonly used: number } | undefined {
    const size = sizeOf(bytes);
    let best: Region | undefined;
    for (const region of this.#regions) {
      if (region.bytes >= size && (best === undefined || region.bytes < best.bytes)) best = region;
    }
    if (best === undefined) return undefined;
    const { address } = best;
    best.address += size;
    best.bytes -= size;
    if (best.bytes === 0) this.#regions.splice(this.#regions.indexOf(best), 1);
    const used = Math.min(bytes, Math.max(0, this.#fresh - address));
    this.#fresh = Math.max(this.#fresh, address + size);
    return { address, used };
  }

  /** Gives back what {@link take} handed out for the same number of bytes. */
  give(address: number, bytes: number): void {
    this.#insert({ address, bytes: sizeOf(bytes) });
  }

  #insert(region: Region): void {
    const regions = this.#regions;
    let low = 0;
    let high = regions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (regions[middle].address < region.address) low = middle + 1;
      else high = middle;
    }
    regions.splice(low, 0, region);
    this.#mergeWithNext(low);
    if (low > 0) this.#mergeWithNext(low - 1);
  }

  #mergeWithNext(i: number): void {
    const [region, next] = this.#regions.slice(i, i + 2);
    if (region.address + region.bytes !== next?.address) return;
    region.bytes += next.bytes;
    this.#regions.splice(i + 1, 1);
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / FreeList.alignment) * FreeList.alignment;
}

/** An empty block has an address of its own too. */
function sizeOf(bytes: number): number {
  return Math.max(FreeList.alignment, roundUp(bytes));
}

/** Pairs of symbols that become one, the first of the list first (Sennrich et al., 2016). */
export class MergeTable {
  private readonly ranks = new Map<string, number>();

  constructor(merges: readonly (readonly [string, string])[]) {
    merges.forEach(([left, right], rank) => this.ranks.set(pairKey(left, right), rank));
  }

  /** The symbols that a word's characters are merged into: always the pair with the lowest rank, everywhere from the left. */
  apply(word: string): string[] {
    let symbols = Array.from(word);
    while (symbols.length > 1) {
      let best = Infinity;
      for (let i = 0; i + 1 < symbols.length; i++) {
        best = Math.min(best, this.ranks.get(pairKey(symbols[i], symbols[i + 1])) ?? Infinity);
      }
      if (best === Infinity) break;
      symbols = mergePairs(symbols, (left, right) => this.ranks.get(pairKey(left, right)) === best);
    }
    return symbols;
  }
}

/** Symbols never contain a space: bytes are written in {@link byteCharacters}. */
export function pairKey(left: string, right: string): string {
  return `${left} ${right}`;
}

/** The symbols with every pair joined that `isPair` accepts, from the left. */
export function mergePairs(symbols: readonly string[], isPair: (left: string, right: string) => boolean): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (i + 1 < symbols.length && isPair(symbols[i], symbols[i + 1])) merged.push(symbols[i] + symbols[++i]);
    else merged.push(symbols[i]);
  }
  return merged;
}

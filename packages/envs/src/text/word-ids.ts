/** Words are runs of letters and digits, of any language, with apostrophes inside. */
const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;

/**
 * Numbers the words of a text, without regard to case: the first `length` of them, from `start` on in `target`, and 0 behind the last. A word's number is from
 * 1 to `vocabulary` − 1, by a hash (FNV-1a; Fowler, Noll and Vo), so that no list of words has to be kept, and unknown ones are numbered too. Now and then two
 * words share one.
 */
export function writeWordIds(
  text: string,
  vocabulary: number,
  target: Float32Array,
  start: number,
  length: number,
): void {
  const end = start + length;
  let i = start;
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    if (i === end) return;
    target[i++] = 1 + (hash(word) % (vocabulary - 1));
  }
  target.fill(0, i, end);
}

function hash(word: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) bits = Math.imul(bits ^ word.charCodeAt(i), 0x01000193);
  // The lowest bits of FNV mix least.
  return (bits ^ (bits >>> 15)) >>> 0;
}

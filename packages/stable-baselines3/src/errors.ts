/** A file that is damaged, too large, or of a kind that cannot be imported; the message names the part, what was expected and what came. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

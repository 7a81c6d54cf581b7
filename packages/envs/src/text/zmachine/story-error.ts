/** A story file cannot be played, or a story did what the Z-machine forbids or what would never end; the message says what, in one line. */
export class StoryError extends Error {
  override readonly name: string = 'StoryError';
}

/** Refuses a write to what a story may only read: throws `StoryError`. */
export function refuseWrite(address: number): never {
  throw new StoryError(`a write to address ${address}, where memory can only be read`);
}

/** Something the user can put right: shown as one line, without a stack trace. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** The user stopped what was running; the message says how to go on. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What `make` makes from what the user gave.
 * @param where it was given, to begin the message
 * @throws UserError for the RangeError with which libraries reject that.
 */
export function fromUser<T>(make: () => T, where?: string): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(where === undefined ? error.message : `${where}: ${error.message}`);
  }
}

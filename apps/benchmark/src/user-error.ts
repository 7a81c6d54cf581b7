/** Something the user can put right: shown as one line, without a stack trace. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

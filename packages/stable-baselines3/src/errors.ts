/** A file that is damaged, too large, or of a kind that cannot be imported; the message names file and part, what was expected and what came. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** What `read` returns. What is wrong with weights is told without the file's name, which is put before it here. */
export function ofFile<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ImportError) || error.message.startsWith(subject)) throw error;
    throw new ImportError(`${subject}: ${error.message}`, { cause: error });
  }
}

/** An environment, or an action given to one, breaks the contract; the message names the thing, what was expected and what came. */
export class EnvError extends Error {
  override readonly name: string = 'EnvError';
}

/** A saved state or checkpoint is missing, corrupt, truncated or of another shape; the message names the part. */
export class CheckpointError extends Error {
  override readonly name: string = 'CheckpointError';
}

/** A log cannot be written, or what lies in its place is no log; the message names the file. */
export class LogError extends Error {
  override readonly name: string = 'LogError';
}

/** Training has produced numbers that are not finite, and cannot go on; the message names the algorithm, the number and the step. */
export class DivergenceError extends Error {
  override readonly name: string = 'DivergenceError';
}

import { Script } from 'node:vm';

const scope = globalThis as { badCall?: (() => unknown) | undefined };
const script = new Script('globalThis.badCall()');

/** Nothing that is called here, several calls together, works for longer than a fraction of this; only what hangs is cut off. */
const LIMIT = 60_000;

/** Calls `body`; throws where it hangs. */
export function watched(body: () => unknown): unknown {
  scope.badCall = body;
  try {
    return script.runInThisContext({ timeout: LIMIT });
  } finally {
    scope.badCall = undefined;
  }
}

/** What `promise` comes to; throws where it never does. */
export async function watchedPromise(promise: PromiseLike<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Hanging()), LIMIT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A promise that is never settled. */
class Hanging extends Error {
  readonly code = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `find` finds something. */
export async function waitFor<T>(find: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
}

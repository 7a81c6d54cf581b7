const natives = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'URIError'] as const;

/**
 * Runs `body` and tells errors that somebody wrote down (`throw new RangeError(…)`) from those that the engine throws by itself
 * ("x is not a function"): only the former are made by the constructors that code sees, which are replaced meanwhile.
 */
export async function withOwnErrors<Result>(
  body: (isOwn: (error: unknown) => boolean) => Promise<Result>,
): Promise<Result> {
  const made = new WeakSet<object>();
  const scope = globalThis as Record<string, unknown>;
  const originals = natives.map((name) => globalThis[name]);
  for (const [i, name] of natives.entries()) {
    const note = (error: object): object => {
      made.add(error);
      return error;
    };
    const replaced: ErrorConstructor = new Proxy(originals[i], {
      construct: (target, args, newTarget) =>
        note(Reflect.construct(target, args, newTarget === replaced ? target : newTarget) as object),
      apply: (target, _, args) => note(Reflect.construct(target, args) as object),
    });
    scope[name] = replaced;
  }
  const isOwn = (error: unknown): boolean =>
    error instanceof originals[0] &&
    !String((error as { code?: unknown }).code).startsWith('ERR_') &&
    (made.has(error) || !originals.some((native) => native.prototype === Object.getPrototypeOf(error)));
  try {
    return await body(isOwn);
  } finally {
    for (const [i, name] of natives.entries()) scope[name] = originals[i];
  }
}

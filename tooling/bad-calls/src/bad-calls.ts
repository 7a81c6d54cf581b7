import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { badElements, badValues, isPlainObject, kindOf } from './bad-values.ts';
import { withOwnErrors } from './own-errors.ts';
import { watched, watchedPromise } from './watch.ts';

/**
 * Right arguments of what a package exports, by name: of functions and constructors (`evaluate`), of methods of what they return
 * (`Box.sample`). `null`: no part of what users call.
 */
export type Examples = Readonly<Record<string, (() => readonly unknown[]) | null>>;

/** What is known of a package. */
export interface BadCallsOptions {
  /** The folder of its sources: methods that are private there are not called. */
  readonly sources: string;
  /** Arguments that may well be of another type than in the example: `evaluate(env: 'null')`-like names or patterns of findings. */
  readonly accepted?: readonly RegExp[];
  /** Names that are not called: of what only other parts of the library call. */
  readonly internal?: readonly RegExp[];
}

type Call = (...args: readonly unknown[]) => unknown;

interface Callable {
  readonly name: string;
  /** A function ready to be called; what state it has may be that of earlier calls. */
  readonly prepare: () => Call;
  readonly arity: number;
  readonly example: (() => readonly unknown[]) | undefined;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Attempt {
  readonly label: string;
  readonly args: () => readonly unknown[];
  /** Whether a call that works is a fault. */
  readonly isWrong: boolean;
}

/**
 * Calls every function, class and method in `exports` with wrong arguments: none, the same wrong one for all, and, around the example,
 * each one, each option and each element by itself, and an option that there is not. The calls that hung, that ended in an error of
 * the engine's own rather than one which says what was expected, or that accepted what is of another type.
 */
export async function badCalls(
  exports: Readonly<Record<string, unknown>>,
  examples: Examples,
  { sources, accepted = [], internal = [] }: BadCallsOptions,
): Promise<{ readonly calls: number; readonly failures: readonly string[] }> {
  const hidden = privateMethods(sources);
  const isInternal = (name: string): boolean =>
    examples[name] === null || internal.some((pattern) => pattern.test(name));
  const failures: string[] = [];
  let calls = 0;
  await withOwnErrors(async (isOwn) => {
    const run = async (body: () => unknown): Promise<Outcome> => {
      const [{ outcome }] = await runSome([{ body }]);
      calls++;
      return outcome;
    };
    const tell = (line: string): void => {
      if (!accepted.some((pattern) => pattern.test(line))) failures.push(line);
    };

    const tryAll = async ({ name, prepare, arity, example }: Callable): Promise<unknown> => {
      const right = example?.();
      let result: unknown;
      let call: Call | undefined;
      if (right !== undefined) {
        const outcome = await run(() => prepare()(...right));
        if ('error' in outcome) tell(`${name}: the example fails: ${text(outcome.error)}`);
        else result = outcome.value;
      }
      const waiting = Array.from(attempts(right, example, arity), (attempt) => ({
        ...attempt,
        body: () => (call ??= prepare())(...attempt.args()),
      }));
      while (waiting.length > 0) {
        for (const { attempt, outcome } of await runSome(waiting)) {
          calls++;
          const line = `${name}(${attempt.label})`;
          if ('value' in outcome) {
            if (attempt.isWrong) tell(`${line}: accepted`);
          } else if (isTimeout(outcome.error)) {
            tell(`${line}: hangs`);
            call = undefined;
          } else if (!isOwn(outcome.error)) tell(`${line}: ${text(outcome.error)}`);
          else if (text(outcome.error).includes('[object ')) tell(`${line}: unclear: ${text(outcome.error)}`);
        }
      }
      return result;
    };

    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== 'function' || value.prototype instanceof Error) continue;
      if (isInternal(name)) continue;
      const example = examples[name] ?? undefined;
      const isClass = /^class\b/.test(Function.prototype.toString.call(value));
      const call: Call = isClass
        ? (...args) => new (value as new (...args: readonly unknown[]) => unknown)(...args)
        : (value as Call);
      const result = await tryAll({ name, prepare: () => call, arity: value.length, example });
      if (example === undefined) {
        if (value.length > 0) tell(`${name}: has no example`);
        continue;
      }
      for (const method of methodsOf(result)) {
        const methodName = `${name}.${method}`;
        if (hidden.has(method) || isInternal(methodName)) continue;
        const prepare = (): Call => {
          const made = call(...example()) as Record<string, Call>;
          return (...args) => made[method](...args);
        };
        const { length } = (result as Record<string, Call>)[method];
        await tryAll({ name: methodName, prepare, arity: length, example: examples[methodName] ?? undefined });
      }
    }
  });
  return { calls, failures };
}

/** Calls under one watch: each watch starts a thread. */
const MOST_AT_ONCE = 16;

/** Takes the first few of `waiting`, up to one that hangs or has to be waited for, and calls their bodies: what each came to. */
async function runSome<Waiting extends { readonly body: () => unknown }>(
  waiting: Waiting[],
): Promise<{ readonly attempt: Waiting; readonly outcome: Outcome }[]> {
  const outcomes: Outcome[] = [];
  let isLast = false;
  try {
    watched(() => {
      for (const { body } of waiting.slice(0, MOST_AT_ONCE)) {
        try {
          const value = firstItems(body());
          outcomes.push({ value });
          isLast = isThenable(value);
        } catch (error) {
          outcomes.push({ error });
        }
        if (isLast) return;
      }
    });
    const last = outcomes[outcomes.length - 1];
    if (isLast && 'value' in last) {
      outcomes.pop();
      outcomes.push({ value: await watchedPromise(last.value as PromiseLike<unknown>) });
    }
  } catch (error) {
    // Of the call that hung, or of the promise.
    outcomes.push({ error });
  }
  const done = waiting.splice(0, outcomes.length);
  return done.map((attempt, i) => ({ attempt, outcome: outcomes[i] }));
}

function* attempts(
  right: readonly unknown[] | undefined,
  example: (() => readonly unknown[]) | undefined,
  arity: number,
): Generator<Attempt> {
  const count = Math.max(arity, right?.length ?? 0);
  yield { label: '', args: () => [], isWrong: false };
  for (const [label, value] of count === 1 && right !== undefined ? [] : badValues) {
    if (count > 0) yield { label: `all ${label}`, args: () => Array<unknown>(count).fill(value), isWrong: false };
  }
  if (right === undefined || example === undefined) return;
  for (let i = 0; i < count; i++) {
    const replace = (value: (old: unknown) => unknown) => (): readonly unknown[] => {
      const args = [...example()];
      args[i] = value(args[i]);
      return args;
    };
    yield* replacements(`${i + 1}`, right[i], replace);
  }
}

function* replacements(
  place: string,
  right: unknown,
  replace: (value: (old: unknown) => unknown) => () => readonly unknown[],
): Generator<Attempt> {
  const kind = kindOf(right);
  for (const [label, value] of badValues) {
    const isWrong = right !== undefined && value !== undefined && kindOf(value) !== kind;
    yield { label: `${place}: ${label}`, args: replace(() => value), isWrong };
  }
  if (Array.isArray(right) && right.length > 0) {
    for (const [label, value] of badElements) {
      const isWrong = kindOf(value) !== kindOf(right[0]) && value !== undefined;
      const args = replace((old) => [value, ...(old as readonly unknown[]).slice(1)]);
      yield { label: `${place}[0]: ${label}`, args, isWrong };
    }
  }
  if (!isPlainObject(right)) return;
  const entry = (key: string, value: unknown) => replace((old) => ({ ...(old as object), [key]: value }));
  yield { label: `${place}.unheardOf`, args: entry('unheardOf', 1), isWrong: false };
  for (const key of Object.keys(right)) {
    const replaceEntry = (value: (old: unknown) => unknown) =>
      replace((old) => ({ ...(old as object), [key]: value((old as Record<string, unknown>)[key]) }));
    yield* replacements(`${place}.${key}`, right[key], replaceEntry);
  }
}

/** Names of the methods of a value: its own and those of its class. */
function methodsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || isBuiltIn(value)) return [];
  const names = new Set<string>();
  for (let at: object = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== 'constructor' && typeof property.value === 'function') names.add(name);
    }
  }
  return [...names];
}

function isBuiltIn(value: object): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || Symbol.iterator in value;
}

/** Lets a generator do its first steps. */
function firstItems(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('next' in value) || typeof value.next !== 'function')
    return value;
  if (Symbol.asyncIterator in value) return firstOfAsync(value as AsyncGenerator);
  const generator = value as Generator;
  for (let i = 0; i < 3 && generator.next().done !== true; i++);
  generator.return(undefined);
  return value;
}

async function firstOfAsync(generator: AsyncGenerator): Promise<unknown> {
  for (let i = 0; i < 3 && (await generator.next()).done !== true; i++);
  await generator.return(undefined);
  return generator;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

function text(error: unknown): string {
  return String(error).split('\n', 1)[0];
}

/** Methods that TypeScript alone keeps users from calling. */
function privateMethods(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  return new Set(
    Array.from(
      sources.matchAll(/\b(?:private|protected) (?:abstract |async |readonly |\*)*(\w+)(?:[<(]| = \()/g),
      ([, name]) => name,
    ),
  );
}

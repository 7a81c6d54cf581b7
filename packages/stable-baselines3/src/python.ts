import { valueText } from '@gradus/core';

/** A module-level name in a pickle: a class or a function, which is never looked up, let alone called. */
export class PythonName {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  /** `module.name`. */
  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a call in a pickle would have made: who would have been called with what, and what was put into it afterwards. */
export class PythonObject {
  /** The class or function. */
  readonly callee: unknown;
  readonly args: readonly unknown[];
  /** `module.name` of the class or function, also where a call of it made the callee; undefined for what has none. */
  readonly name: string | undefined;
  /** What `__setstate__` would have got. */
  state: unknown;
  /** Entries, of what is a dict. */
  readonly entries: Map<unknown, unknown> = new Map<unknown, unknown>();
  /** Elements, of what is a list. */
  readonly elements: unknown[] = [];

  constructor(callee: unknown, args: readonly unknown[]) {
    this.callee = callee;
    this.args = args;
    this.name = nameOf(callee);
  }
}

/** `module.name` of a class or function, or of the class of an object; undefined for what has none. */
export function nameOf(value: unknown): string | undefined {
  if (value instanceof PythonName) return value.toString();
  return value instanceof PythonObject ? value.name : undefined;
}

/** The entries of a dict, or of an object that is one; undefined for what is none. */
export function entriesOf(value: unknown): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value as Map<unknown, unknown>;
  return nameOf(value) === 'collections.OrderedDict' ? (value as PythonObject).entries : undefined;
}

/** The attributes of an object, by name: none where it has no state, or one that is no dict. */
export function attributesOf(value: unknown): ReadonlyMap<unknown, unknown> {
  const state = value instanceof PythonObject ? value.state : undefined;
  // With `__slots__` the state is a pair of dicts.
  return (Array.isArray(state) ? entriesOf(state[0]) : entriesOf(state)) ?? new Map();
}

/** What a value is, for messages. */
export function pythonText(value: unknown): string {
  const name = nameOf(value);
  if (name !== undefined) return value instanceof PythonName ? name : `a ${name}`;
  if (value === undefined) return 'nothing';
  if (value instanceof Map) return 'a dict';
  if (value instanceof Set) return 'a set';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return valueText(value);
}

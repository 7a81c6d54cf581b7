import { Random } from '@gradus/core';
import { expect } from 'vitest';
import { UserError } from '../src/user-error.ts';

/** What a value of JSON may have become. */
const strange: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  '__proto__',
  -1,
  0,
  1.5,
  1e15,
  1e308,
  [],
  [[]],
  {},
  { kind: 'x' },
];

/** All places of JSON data, each as the keys that lead there. */
function placesOf(data: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return [path];
  const inside = Array.isArray(data)
    ? data.flatMap((value, i) => placesOf(value, [...path, i]))
    : Object.entries(data).flatMap(([key, value]) => placesOf(value, [...path, key]));
  return [path, ...inside];
}

/** The data with another value at a place, or without it where there is none to put. */
function withValueAt(
  data: unknown,
  [key, ...rest]: readonly (string | number)[],
  change: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return change(data);
  const copy: unknown = structuredClone(data);
  const holder = copy as Record<string | number, unknown>;
  const value = withValueAt(holder[key], rest, change);
  if (value === undefined) Reflect.deleteProperty(holder, key);
  else holder[key] = value;
  return copy;
}

/** So many versions of JSON data, each with one place changed: to something strange, or removed. The same for the same data. */
export function damaged(data: unknown, count: number): unknown[] {
  const random = new Random(1);
  const places = placesOf(data);
  return Array.from({ length: count }, () => {
    const place = places[random.integer(places.length)];
    const choice = random.integer(strange.length + 3);
    const version = withValueAt(data, place, (value) => {
      if (choice < strange.length) return strange[choice];
      if (choice === strange.length) return undefined;
      if (choice === strange.length + 1) return typeof value === 'number' ? -value : `${String(value)}!`;
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, unknown: 1 } : [value];
    });
    return version ?? null;
  });
}

/** That reading gives something, or an error in one line that names the file. */
export async function expectOneLine(read: () => unknown, name: string): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    expect(error, String(error instanceof Error ? error.stack : error)).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(new RegExp(`^[^\\n]*${name}[^\\n]*$`));
    return false;
  }
}

import { plainName, remarkOn, translateName } from './other-names.ts';

/**
 * What `name` is called here where it is known from another library (`ent_coef`), else names that resemble it, closest first: at most three,
 * each within a few typing errors or containing it.
 */
export function similarNames(name: string, candidates: Iterable<string>): string[] {
  const known = [...candidates];
  const translated = translateName(name, known);
  if (translated.length > 0) return translated;
  const wanted = plainName(name);
  return known
    .map((candidate) => ({ candidate, distance: nameDistance(wanted, plainName(candidate)) }))
    .filter(({ candidate: { length }, distance }) => distance <= Math.min(Math.max(2, length / 3), length / 2))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * As {@link similarNames}; where none is similar, names that share words of at least four letters with it, most of them first: at most three. `ALE/Breakout-v5`
 * leads to `MinAtar/Breakout-v1`.
 */
export function nearestNames(name: string, candidates: Iterable<string>): string[] {
  const known = [...candidates];
  const similar = similarNames(name, known);
  if (similar.length > 0) return similar;
  const wanted = new Set(wordsOf(name));
  return known
    .map((candidate) => {
      const shared = [...new Set(wordsOf(candidate))].filter((word) => wanted.has(word)).join('').length;
      return { candidate, shared, distance: nameDistance(plainName(name), plainName(candidate)) };
    })
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** The words of `camelCase`, `kebab-case` and the like that are long enough to mean something, in small letters. */
function wordsOf(name: string): string[] {
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.filter((word) => word.length >= 4).map((word) => word.toLowerCase());
}

/**
 * Throws `RangeError` where `options` is no object, and for its first key that `defaults` does not have. `subject` begins the message:
 * `Dqn: unknown option 'learningrate'; did you mean 'learningRate'?`
 */
export function rejectUnknown(subject: string, options: object, defaults: object): void {
  if (!isRecord(options)) throw new RangeError(`${subject}: expected an object of options, got ${typeName(options)}`);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(defaults, name)) continue;
    throw new RangeError(`${subject}: unknown option '${name}'; ${hint(name, Object.keys(defaults))}`);
  }
}

function hint(name: string, known: readonly string[]): string {
  const remark = remarkOn(name, known);
  if (remark !== undefined) return remark;
  const similar = nearestNames(name, known);
  return similar.length > 0 ? `did you mean ${quoteAll(similar)}?` : `known are ${quoteAll(known) || 'none'}`;
}

/** JavaScript passes anything. */
function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** 1 where one name contains the other, else the number of insertions, deletions and replacements between them (Levenshtein). */
function nameDistance(a: string, b: string): number {
  if (a !== '' && (b.includes(a) || a.includes(b))) return Math.min(1, Math.abs(a.length - b.length));
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

/** A template cannot be read, asks for what is not supported, or has raised an exception; or what it was given does not suit it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/**
 * What a template computes with, as in Python: texts, whole numbers (JavaScript's), `PythonFloat`, booleans, `null` for None, lists, tuples, dicts (Maps), and what
 * templates make themselves.
 */
export type Value =
  | string
  | number
  | boolean
  | null
  | PythonFloat
  | Undefined
  | readonly Value[]
  | Tuple
  | Dict
  | View
  | OneShot
  | Namespace
  | Callable;

/** A dict, in the order of its keys. */
export type Dict = ReadonlyMap<Value, Value>;

/** A number with a decimal point: 1.0 is printed otherwise than 1. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What is not there: it prints as nothing, and having anything of it is an error. */
export class Undefined {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  fail(): never {
    throw new TemplateError(`${this.what} is undefined`);
  }
}

/** A list that cannot change, which is printed otherwise. */
export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What `range` and the methods of dicts return. */
export class View {
  readonly kind: 'range' | 'dict_keys' | 'dict_values' | 'dict_items';
  readonly items: readonly Value[];

  constructor(kind: View['kind'], items: readonly Value[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** A generator, such as `map` and `selectattr` return: always true, without a length, and empty once it has been gone through. */
export class OneShot {
  private items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }

  take(): readonly Value[] {
    const { items } = this;
    this.items = [];
    return items;
  }

  /** The first of what is left. */
  takeFirst(): Value | undefined {
    const [first, ...rest] = this.items;
    this.items = rest;
    return first;
  }
}

/** An object whose attributes templates may set. */
export class Namespace {
  readonly attributes: Map<string, Value>;
  readonly kind: 'namespace' | 'loop';

  constructor(attributes: Iterable<readonly [string, Value]>, kind: 'namespace' | 'loop' = 'namespace') {
    this.attributes = new Map(attributes);
    this.kind = kind;
  }
}

/** Arguments of a call. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function or method. */
export class Callable {
  readonly name: string;
  readonly call: (given: Arguments) => Value;

  constructor(name: string, call: (given: Arguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/**
 * Arguments by the names of parameters: those with an entry in `defaults` may be left out.
 * @throws TemplateError for one too many, an unknown one, and one that is missing.
 */
export function bind<Name extends string>(
  subject: string,
  names: readonly Name[],
  { positional, named }: Arguments,
  defaults: Partial<Record<Name, Value>> = {},
): Readonly<Record<Name, Value>> {
  if (positional.length > names.length) {
    throw new TemplateError(`${subject}: expected at most ${names.length} arguments, got ${positional.length}`);
  }
  const values: Partial<Record<Name, Value>> = { ...defaults };
  positional.forEach((value, i) => (values[names[i]] = value));
  for (const [name, value] of named) {
    const at = names.indexOf(name as Name);
    if (at === -1) throw new TemplateError(`${subject}: the argument '${name}' is not supported`);
    if (at < positional.length) throw new TemplateError(`${subject}: '${name}' is given twice`);
    values[name as Name] = value;
  }
  const missing = names.find((name) => !Object.hasOwn(values, name));
  if (missing !== undefined) throw new TemplateError(`${subject}: the argument '${missing}' is missing`);
  return values as Record<Name, Value>;
}

/** A value of JSON, or a Map, as Python sees it. */
export function toValue(json: unknown, where: string): Value {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') return toNumber(json, where);
  if (Array.isArray(json)) return Array.from(json, (each, i) => toValue(each, `${where}[${i}]`));
  const isPlain = typeof json === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(json) as object);
  if (json instanceof Map) {
    return new Map(Array.from(json as Map<unknown, unknown>, ([key, each]) => entry(key, each, where)));
  }
  if (!isPlain) throw new TemplateError(`${where}: expected a value of JSON or a Map, got ${typeName(json)}`);
  const keys = Object.keys(json);
  if (keys.length > 1 && keys.some((key) => /^(0|[1-9]\d*)$/.test(key))) {
    throw new TemplateError(
      `${where}: JavaScript has moved keys that are whole numbers to the front of {${keys.join(', ')}}: expected a Map, which keeps its order`,
    );
  }
  const entries = Object.entries(json).filter(([, each]) => each !== undefined);
  return new Map(entries.map(([key, each]) => entry(key, each, where)));
}

function entry(key: unknown, value: unknown, where: string): [Value, Value] {
  if (typeof key !== 'string') throw new TemplateError(`${where}: expected keys that are texts, got ${typeName(key)}`);
  return [key, toValue(value, `${where}.${key}`)];
}

function toNumber(value: number, where: string): Value {
  if (!Number.isInteger(value)) return new PythonFloat(value);
  return wholeNumber(value, where);
}

/** A whole number that is exact. */
export function wholeNumber(value: number, where: string): number {
  if (Number.isSafeInteger(value)) return value + 0;
  throw new TemplateError(`${where}: whole numbers beyond 2^53, such as ${value}, are not supported`);
}

function typeName(value: unknown): string {
  return value === undefined ? 'undefined' : `a value of type ${typeof value}`;
}

/** What Python calls a value's type. */
export function pythonType(value: Value): string {
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (value === null) return 'NoneType';
  if (value instanceof PythonFloat) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Map) return 'dict';
  if (value instanceof View) return value.kind;
  if (value instanceof OneShot) return 'generator';
  if (value instanceof Namespace) return value.kind;
  return value instanceof Undefined ? 'Undefined' : 'function';
}

/** A number's value; undefined for what is none. Python's booleans are numbers. */
export function numberOf(value: Value): number | undefined {
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : undefined;
}

/** bool(value). */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  const number = numberOf(value);
  if (number !== undefined) return number !== 0;
  if (typeof value === 'string') return value !== '';
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Tuple || value instanceof View) return value.items.length > 0;
  return Array.isArray(value) ? value.length > 0 : true;
}

/** len(value), of a text in characters of Unicode. */
export function lengthOf(value: Value): number {
  if (value instanceof OneShot || value === null || numberOf(value) !== undefined) {
    throw new TemplateError(`an object of type '${pythonType(value)}' has no length`);
  }
  return itemsOf(value).length;
}

/** iter(value): of a dict its keys. */
export function itemsOf(value: Value): readonly Value[] {
  if (typeof value === 'string') return Array.from(value);
  if (Array.isArray(value)) return value as readonly Value[];
  if (value instanceof Tuple || value instanceof View) return value.items;
  if (value instanceof Map) return Array.from((value as Dict).keys());
  if (value instanceof OneShot) return value.take();
  if (value instanceof Undefined) return [];
  throw new TemplateError(`an object of type '${pythonType(value)}' is not iterable`);
}

/** a == b. */
export function equal(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  if (a instanceof Undefined || b instanceof Undefined) return a instanceof Undefined && b instanceof Undefined;
  if (a instanceof Map && b instanceof Map) {
    const [left, right] = [a as Dict, b as Dict];
    return (
      left.size === right.size &&
      Array.from(left).every(([key, value]) => {
        const other = dictEntry(right, key);
        return other !== undefined && equal(value, other);
      })
    );
  }
  const isSameKind = pythonType(a) === pythonType(b);
  if (isSameKind && (Array.isArray(a) || a instanceof Tuple || a instanceof View)) {
    const [left, right] = [itemsOf(a), itemsOf(b)];
    return left.length === right.length && left.every((value, i) => equal(value, right[i]));
  }
  return a === b;
}

/** What a dict has at a key. */
export function dictEntry(dict: Dict, key: Value): Value | undefined {
  if (typeof key === 'string') return dict.get(key);
  return Array.from(dict).find(([other]) => equal(other, key))?.[1];
}

/** Negative where a < b, 0 where neither is less. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : Number(x > y);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  const isSequence = (Array.isArray(a) && Array.isArray(b)) || (a instanceof Tuple && b instanceof Tuple);
  if (!isSequence) {
    throw new TemplateError(`'${pythonType(a)}' and '${pythonType(b)}' have no order`);
  }
  const [left, right] = [itemsOf(a), itemsOf(b)];
  const different = left.findIndex((value, i) => i >= right.length || !equal(value, right[i]));
  if (different === -1) return left.length - right.length;
  return different >= right.length ? 1 : compare(left[different], right[different]);
}

/** By characters of Unicode, where JavaScript compares halves of them. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const different = left.findIndex((code, i) => code !== right[i]);
  if (different === -1) return left.length - right.length;
  return left[different] - (right[different] ?? -1);
}

/** value in container. */
export function contains(container: Value, value: Value): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') {
      throw new TemplateError(`'in <text>' needs a text before it, got '${pythonType(value)}'`);
    }
    return container.includes(value);
  }
  if (container instanceof Map) return dictEntry(container as Dict, value) !== undefined;
  return itemsOf(container).some((each) => equal(each, value));
}

/** str(value), as `{{ value }}` prints it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : representation(value);
}

/** repr(value). */
export function representation(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (value instanceof PythonFloat) return floatText(value.value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Undefined) return 'Undefined';
  const list = (items: readonly Value[]): string => items.map(representation).join(', ');
  if (Array.isArray(value)) return `[${list(value as readonly Value[])}]`;
  if (value instanceof Tuple) return value.items.length === 1 ? `(${list(value.items)},)` : `(${list(value.items)})`;
  if (value instanceof Map) {
    const entries = Array.from(value as Dict, ([key, each]) => `${representation(key)}: ${representation(each)}`);
    return `{${entries.join(', ')}}`;
  }
  if (value instanceof View && value.kind !== 'range') return `${value.kind}([${list(value.items)}])`;
  throw new TemplateError(`printing an object of type '${pythonType(value)}' is not supported`);
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
  const escaped = Array.from(text, (character) => {
    if (character === quote) return `\\${quote}`;
    if (Object.hasOwn(named, character)) return named[character];
    if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
  });
  return quote + escaped.join('') + quote;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** How {@link jsonText} writes. */
export interface JsonFormat {
  /** Whether characters beyond ASCII are escaped. */
  readonly isAscii: boolean;
  /** What is put before each level; `null`: all in one line. */
  readonly indent: string | null;
  readonly separators: readonly [item: string, key: string];
  readonly sortKeys: boolean;
}

/** json.dumps(value). */
export function jsonText(value: Value, format: JsonFormat, depth = 0): string {
  const { indent, separators, sortKeys } = format;
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return String(value);
  if (value instanceof PythonFloat) {
    return floatText(value.value).replace('nan', 'NaN').replace('inf', 'Infinity');
  }
  if (typeof value === 'string') return jsonString(value, format);
  const group = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return open + parts.join(separators[0]) + close;
    const line = `\n${indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(separators[0] + line)}\n${indent.repeat(depth)}${close}`;
  };
  if (Array.isArray(value) || value instanceof Tuple) {
    const parts = itemsOf(value).map((each) => jsonText(each, format, depth + 1));
    return group('[', parts, ']');
  }
  if (!(value instanceof Map)) {
    throw new TemplateError(`tojson: an object of type '${pythonType(value)}' is no JSON`);
  }
  const entries = Array.from(value as Dict);
  if (sortKeys) entries.sort(([a], [b]) => compare(a, b));
  const parts = entries.map(
    ([key, each]) => jsonString(jsonKey(key), format) + separators[1] + jsonText(each, format, depth + 1),
  );
  return group('{', parts, '}');
}

function jsonKey(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null || numberOf(key) !== undefined) {
    return key === null ? 'null' : typeof key === 'boolean' ? String(key) : representation(key);
  }
  throw new TemplateError(`tojson: an object of type '${pythonType(key)}' is no key of JSON`);
}

function jsonString(text: string, { isAscii }: JsonFormat): string {
  const plain = JSON.stringify(text);
  if (!isAscii) return plain;
  return plain.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

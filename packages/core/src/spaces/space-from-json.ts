import { checkArguments, valueText } from '@gradus/tensor';
import { text } from '../options/argument-checks.ts';
import { Box, boxDtypes, type BoxDtype } from './box.ts';
import { Dict, type Space } from './dict.ts';
import { Discrete } from './discrete.ts';
import { MultiBinary } from './multi-binary.ts';
import { MultiDiscrete } from './multi-discrete.ts';
import type { SpaceValue } from './space-methods.ts';

/** The names that the JSON of each kind of space has, beside `kind`. */
const fields: Readonly<Record<Space['kind'], readonly string[]>> = {
  box: ['low', 'high', 'shape', 'dtype', 'frameAxis'],
  discrete: ['n', 'start'],
  'multi-discrete': ['counts', 'start'],
  'multi-binary': ['shape'],
  dict: ['parts'],
};

/**
 * The space whose `toJSON()` gave `json`, also after `JSON.stringify` and `JSON.parse`.
 * Throws `RangeError`, which names what is wrong, for anything else; `name` is what the message calls `json`.
 */
export function spaceFromJson(json: unknown, name = 'space'): Space {
  checkArguments('spaceFromJson', { name }, { name: text });
  if (!isRecord(json)) throw wrong(name, 'the JSON of a space', json);
  const { kind } = json;
  if (typeof kind !== 'string' || !isKind(kind)) {
    throw wrong(`${name}.kind`, `one of ${Object.keys(fields).join(', ')}`, kind);
  }
  for (const field of Object.keys(json)) {
    if (field === 'kind' || fields[kind].includes(field)) continue;
    throw new RangeError(`${name}: expected ${kind} to have ${fields[kind].join(', ')}, got ${JSON.stringify(field)}`);
  }
  const read = new Reader(json, name);
  return read.named(() => {
    switch (kind) {
      case 'box': {
        const options = { dtype: read.dtype(), frameAxis: 'frameAxis' in json ? read.number('frameAxis') : undefined };
        return new Box(read.bound('low'), read.bound('high'), read.numbers('shape'), options);
      }
      case 'discrete':
        return new Discrete(read.number('n'), read.number('start'));
      case 'multi-discrete':
        return new MultiDiscrete(read.numbers('counts'), read.numbers('start'));
      case 'multi-binary':
        return new MultiBinary(read.numbers('shape'));
      case 'dict':
        return new Dict(Object.fromEntries(read.parts()));
    }
  });
}

/** Reads the fields of `json`, which errors call `name`. */
class Reader {
  private readonly json: Record<string, unknown>;
  private readonly name: string;

  constructor(json: Record<string, unknown>, name: string) {
    this.json = json;
    this.name = name;
  }

  /** What `make` gives; what the constructors throw is told with the name of the space. */
  named(make: () => Space): Space {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError) || error.message.startsWith(this.name)) throw error;
      throw new RangeError(`${this.name}: ${error.message}`, { cause: error });
    }
  }

  number(field: string): number {
    const value = this.json[field];
    if (typeof value !== 'number') throw wrong(`${this.name}.${field}`, 'a number', value);
    return value;
  }

  numbers(field: string): readonly number[] {
    const value = this.json[field];
    if (!isList(value) || !value.every((entry) => typeof entry === 'number')) {
      throw wrong(`${this.name}.${field}`, 'a list of numbers', value);
    }
    return value;
  }

  bound(field: string): SpaceValue {
    const value = this.json[field];
    const read = (entry: unknown): number => {
      if (typeof entry === 'number') return entry;
      if (entry === 'Infinity' || entry === '-Infinity') return Number(entry);
      throw wrong(`${this.name}.${field}`, `numbers, "Infinity" or "-Infinity"`, entry);
    };
    return isList(value) ? value.map(read) : read(value);
  }

  dtype(): BoxDtype {
    const { dtype } = this.json;
    if (!isDtype(dtype)) throw wrong(`${this.name}.dtype`, `one of ${boxDtypes.join(', ')}`, dtype);
    return dtype;
  }

  parts(): [string, Space][] {
    const { parts } = this.json;
    if (!isList(parts)) throw wrong(`${this.name}.parts`, 'a list of parts', parts);
    const names = new Set<string>();
    return parts.map((part, i) => {
      const place = `${this.name}.parts[${i}]`;
      if (!isRecord(part) || typeof part.name !== 'string') throw wrong(place, '{ name, space }', part);
      if (names.has(part.name)) throw wrong(place, 'another name', part.name);
      names.add(part.name);
      return [part.name, spaceFromJson(part.space, `${place}.space`)];
    });
  }
}

function isKind(kind: string): kind is Space['kind'] {
  return Object.hasOwn(fields, kind);
}

function isDtype(dtype: unknown): dtype is BoxDtype {
  return typeof dtype === 'string' && boxDtypes.includes(dtype);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, expected: string, value: unknown): RangeError {
  return new RangeError(`${name}: expected ${expected}, got ${valueText(value)}`);
}

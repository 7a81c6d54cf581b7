import { checkArguments, naturalNumber, valueText, type OptionCheck } from '@gradus/tensor';
import { aRandomSource, aSpace, numberList } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';
import type { Box } from './box.ts';
import type { Discrete } from './discrete.ts';
import type { MultiBinary } from './multi-binary.ts';
import type { MultiDiscrete } from './multi-discrete.ts';
import { isNumbers, type SpaceJson, type SpaceMethods, type SpaceValue } from './space-methods.ts';

/** The set that an observation or an action comes from; tell them apart by `kind`. */
export type Space = Box | Discrete | MultiDiscrete | MultiBinary | Dict;

/** A member of a `Dict` by names: one of each part. */
export interface NamedValues {
  readonly [name: string]: Observation;
}

/** What an environment shows: a member of a space, one of a `Dict` also by names. */
export type Observation = SpaceValue | NamedValues;

/** The spaces of a `Dict` by name. */
export type Parts = Readonly<Record<string, Space>>;

/** The numbers of each part of a `Dict`, where they lie. */
export type NamedViews<Named extends Parts = Parts> = { readonly [Name in keyof Named]: PartView<Named[Name]> };

/** The numbers of one part: those of a `Dict` by name again. */
export type PartView<Part extends Space> = Part extends Dict<infer Inner> ? NamedViews<Inner> : Float32Array;

/** Where the numbers of a part are in a member: start ≤ i < end. */
export interface DictPart {
  readonly name: string;
  readonly space: Space;
  readonly start: number;
  readonly end: number;
}

/**
 * Named parts, each of any space, `Dict`s among them. A member is one flat array with the numbers of all parts, those of the first name
 * first; names are in the order of their characters' codes, as Gymnasium's `Dict` sorts them. That is how environments' arrays and buffers hold it:
 *
 *     const space = new Dict({ position: new Box(-1, 1, [2]), goal: new Discrete(3) }); // goal, position[0], position[1]
 *     space.view(env.observations, 5).position; // of the fifth copy: the memory itself, no copy
 *
 * An environment may give, and an agent's `act` may be given, `{ position: [0.5, 1], goal: 2 }` as well. For observations alone: an action has
 * no names.
 */
export class Dict<Named extends Parts = Parts> implements SpaceMethods {
  readonly kind = 'dict';
  readonly shape: readonly number[];
  readonly size: number;
  /** The spaces by name. */
  readonly parts: Named;
  /** The parts in the order of their numbers. */
  readonly layout: readonly DictPart[];

  /** Throws `RangeError` where there is no part. */
  constructor(parts: Named) {
    checkArguments('Dict', { parts }, { parts: someParts });
    const names = Object.keys(parts).sort();
    let end = 0;
    this.parts = parts;
    this.layout = names.map((name) => ({ name, space: parts[name], start: end, end: (end += parts[name].size) }));
    this.size = end;
    this.shape = [end];
  }

  /** All parts drawn one after the other, in the order of the layout. */
  sample(random: RandomSource): Float32Array {
    checkArguments('Dict.sample', { random }, { random: aRandomSource });
    const target = new Float32Array(this.size);
    for (const { space, start } of this.layout) writeMember(space, space.sample(random), target, start);
    return target;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    return this.partProblem(value, (space, part) => space.problem(part));
  }

  /** What `check` has against the first part of `value` that it has something against, or what keeps `value` from having these parts. */
  partProblem(value: unknown, check: (space: Space, part: unknown) => string | undefined): string | undefined {
    const problem = isNumbers(value) ? this.lengthProblem(value) : this.namesProblem(value);
    if (problem !== undefined) return problem;
    for (const part of this.layout) {
      const found = check(part.space, memberOf(part, value));
      if (found !== undefined) return `in '${part.name}' ${found}`;
    }
    return undefined;
  }

  /**
   * Row `row` of `array`, [rows × size], by names: the memory itself, so that what is written into one is in the other. A number of a
   * `Discrete` part is a view of length 1.
   */
  view(array: Float32Array, row = 0): NamedViews<Named> {
    if (!(array instanceof Float32Array) || !naturalNumber.accepts(row) || (row + 1) * this.size > array.length) {
      throw new RangeError(
        `Dict.view: expected row ${valueText(row)} of ${this.size} numbers in a Float32Array, got ${valueText(array)}`,
      );
    }
    const first = row * this.size;
    const views = this.layout.map(({ name, space, start, end }) => {
      const numbers = array.subarray(first + start, first + end);
      return [name, space.kind === 'dict' ? space.view(numbers) : numbers] as const;
    });
    // The layout has the names of `Named`, each with what its space calls for.
    return Object.fromEntries(views) as NamedViews<Named>;
  }

  /** The numbers of a member in a new array. Throws `RangeError` where names or lengths do not fit. */
  flatten(value: Observation): Float32Array {
    const target = new Float32Array(this.size);
    this.write(value, target, 0);
    return target;
  }

  /** Writes the numbers of a member into `target` from index `offset` on. Throws as `flatten` does. */
  write(value: Observation, target: Float32Array | Int32Array, offset: number): void {
    const problem = this.partProblem(value, sizeProblem);
    if (problem !== undefined) throw new RangeError(`value ${problem}`);
    for (const part of this.layout) {
      // The check made sure of the type.
      writeMember(part.space, memberOf(part, value) as Observation, target, offset + part.start);
    }
  }

  toString(): string {
    return `Dict(${this.layout.map(({ name, space }) => `${name}: ${space.toString()}`).join(', ')})`;
  }

  /** The parts are a list, since any text may be a name. */
  toJSON(): SpaceJson {
    return { kind: this.kind, parts: this.layout.map(({ name, space }) => ({ name, space: space.toJSON() })) };
  }

  private lengthProblem(value: ArrayLike<number>): string | undefined {
    return value.length === this.size ? undefined : `has ${value.length} elements, expected ${this.size}`;
  }

  private namesProblem(value: unknown): string | undefined {
    const names = this.layout.map(({ name }) => name);
    if (typeof value !== 'object' || value === null) {
      return `is ${valueText(value)}, expected an object with ${names.join(', ')} or their ${this.size} numbers`;
    }
    const missing = names.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return `has no '${missing}', expected ${names.join(', ')}`;
    const other = Object.keys(value).find((name) => !names.includes(name));
    return other === undefined ? undefined : `has '${other}', expected ${names.join(', ')}`;
  }
}

/** The part of `value`, which is given by names, or by the numbers of all parts. */
function memberOf({ name, space, start, end }: DictPart, value: unknown): unknown {
  const part: unknown = isNumbers(value)
    ? Array.prototype.slice.call(value, start, end)
    : (value as Readonly<Record<string, unknown>>)[name];
  // A view of a Discrete part is a list of one number.
  return space.kind === 'discrete' && isNumbers(part) && part.length === 1 ? part[0] : part;
}

function writeMember(space: Space, value: Observation, target: Float32Array | Int32Array, start: number): void {
  if (typeof value === 'number') target[start] = value;
  else if (isNumbers(value)) for (let i = 0; i < value.length; i++) target[start + i] = value[i];
  else if (space.kind === 'dict') space.write(value, target, start);
}

/** Why `value` does not have the numbers that members of `space` have, whatever they are, in words. */
export function sizeProblem(space: Space, value: unknown): string | undefined {
  if (space.kind === 'dict') return space.partProblem(value, sizeProblem);
  if (space.kind === 'discrete') {
    return typeof value === 'number' ? undefined : `is ${valueText(value)}, expected an integer`;
  }
  if (!numberList.accepts(value)) return `is ${valueText(value)}, expected ${space.size} numbers`;
  const { length } = value as ArrayLike<number>;
  return length === space.size ? undefined : `has ${length} elements, expected ${space.size}`;
}

const someParts: OptionCheck = {
  expected: 'an object with at least one space by name',
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length > 0 &&
    Object.values(value).every(aSpace.accepts),
};

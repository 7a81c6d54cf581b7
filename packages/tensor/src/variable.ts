import type { Storage, StorageDevice } from './device/storage.ts';
import { checkArguments, optional, type OptionCheck } from './check-options.ts';
import { elementsOf, isDType, zerosOf, type DType, type TensorData } from './dtype.ts';
import { checkShape, shapeText, sizeOf, type Shape } from './shape.ts';

/** Options of {@link variable}. */
export interface VariableOptions {
  /** For messages and files. Default `variable`. */
  readonly name?: string;
  /** Default: float32. */
  readonly dtype?: DType;
}

/** Whether a value is a variable. */
export function isVariable(value: unknown): value is Variable {
  return typeof value === 'object' && value !== null && 'storageOn' in value;
}

/** A check of arguments. */
export const isParameters: OptionCheck = {
  expected: 'variables by name',
  accepts: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isVariable),
};

/** A check of arguments. */
export const isName: OptionCheck = { expected: 'a text', accepts: (value) => typeof value === 'string' };

/**
 * A tensor that outlives a program: parameters, optimizer state, target copies, caches. It moves to the device of the
 * first program that uses it and stays there; programs read and {@link assign} it in place.
 */
export class Variable {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  #initial: TensorData | undefined;
  #storage: Storage | undefined;
  #device: StorageDevice | undefined;

  /** @throws RangeError when the number of values does not fit the shape. */
  constructor(shape: Shape, values: ArrayLike<number> | undefined, options: VariableOptions = {}) {
    checkArguments('variable', options, { name: optional(isName), dtype: optional(isDType) });
    this.name = options.name ?? 'variable';
    checkShape(`variable '${this.name}'`, shape);
    this.shape = [...shape];
    this.dtype = options.dtype ?? 'float32';
    this.#initial = zerosOf(this.dtype, sizeOf(shape), this.#subject);
    if (values !== undefined) this.#initial.set(this.#elements(values));
  }

  /** A copy of the present values. */
  read(): TensorData {
    return this.#storage === undefined ? this.view().slice() : this.#storage.read();
  }

  /** The present values, copied only where the device keeps them out of reach: to be looked at, before anything is run, written or made. */
  view(): TensorData {
    if (this.#storage !== undefined) return this.#storage.view?.() ?? this.#storage.read();
    if (this.#initial === undefined) throw new Error(`variable '${this.name}' was disposed`);
    return this.#initial;
  }

  /** @throws RangeError when the number of values does not fit the shape. */
  write(values: ArrayLike<number>): void {
    if (this.#storage === undefined && this.#initial === undefined) {
      throw new Error(`variable '${this.name}' was disposed`);
    }
    const elements = this.#elements(values);
    if (this.#storage !== undefined) this.#storage.write(elements);
    else this.#initial?.set(elements);
  }

  /**
   * Its memory on `device`, moved there at first use.
   * @throws Error when it lives on another device.
   */
  storageOn(device: StorageDevice): Storage {
    if (this.#storage === undefined) {
      if (this.#initial === undefined) throw new Error(`variable '${this.name}' was disposed`);
      this.#storage = device.store(this.dtype, this.#initial);
      this.#device = device;
      this.#initial = undefined;
    } else if (this.#device !== undefined && this.#device !== device) {
      const home = deviceText(this.#device);
      throw new Error(`variable '${this.name}' lives on device ${home} and cannot be used on ${deviceText(device)}`);
    }
    return this.#storage;
  }

  /** Gives its memory back. Programs that use it must not run any more. */
  dispose(): void {
    this.#storage?.dispose();
    this.#storage = undefined;
    this.#initial = undefined;
  }

  #elements(values: ArrayLike<number>): ArrayLike<number> {
    return elementsOf(this.#subject, this.dtype, sizeOf(this.shape), values);
  }

  get #subject(): string {
    return `variable '${this.name}' of shape ${shapeText(this.shape)}`;
  }
}

function deviceText({ name, threads = 1 }: StorageDevice): string {
  return threads === 1 ? `'${name}'` : `'${name}' with ${threads} threads`;
}

/** A variable of `shape` with the given values (default: zeros). */
export function variable(shape: Shape, values?: ArrayLike<number>, options: VariableOptions = {}): Variable {
  return new Variable(shape, values, options);
}

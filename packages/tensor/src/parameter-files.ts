import { checkArguments, flag, optional } from './check-options.ts';
import type { Parameters } from './modules.ts';
import { isFunction } from './ops/constant.ts';
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type StoredTensor } from './safetensors.ts';
import { shapeText } from './shape.ts';
import { isParameters } from './variable.ts';

/** The present values of parameters as a safetensors file. */
export function saveParameters(parameters: Parameters): Uint8Array {
  checkArguments('saveParameters', { parameters }, { parameters: isParameters });
  const stored = Object.entries(parameters).map(
    ([name, variable]) => [name, { dtype: variable.dtype, shape: variable.shape, data: variable.read() }] as const,
  );
  return encodeSafetensors(Object.fromEntries(stored));
}

/** How {@link loadParameters} takes the tensors of a file. */
export interface LoadParametersOptions {
  /** Whether the file must have the parameters and nothing else, as in PyTorch. Default true. */
  readonly strict?: boolean;
  /** What a name in the file is here, for files of others. Default: the same. */
  readonly rename?: (name: string) => string;
  /** Whether a matrix of the file, by its name there, is turned over, as those of PyTorch's linear layers, [output, input], are. Default: none is. */
  readonly isTransposed?: (name: string) => boolean;
}

/** Names of what did not meet. */
export interface LoadedParameters {
  /** Parameters that the file has not, which stay as they were. */
  readonly missing: readonly string[];
  /** Tensors of the file, by their names there, that are no parameters. */
  readonly unexpected: readonly string[];
}

/**
 * Sets parameters from a safetensors file. All or nothing: nothing is written before everything has been checked.
 * @throws SafetensorsError when the file is corrupt, has two tensors for a parameter, or one of another shape; unless `strict` is false, also when it lacks a parameter
 *   or has one that is not asked for.
 */
export function loadParameters(
  parameters: Parameters,
  file: Uint8Array,
  options: LoadParametersOptions = {},
): LoadedParameters {
  checkArguments('loadParameters', { parameters }, { parameters: isParameters });
  const checks = { strict: optional(flag), rename: optional(isFunction), isTransposed: optional(isFunction) };
  checkArguments<LoadParametersOptions>('loadParameters', options, checks);
  const { strict = true, rename = (name: string) => name, isTransposed = () => false } = options;
  const tensors = new Map<string, StoredTensor>();
  const unexpected: string[] = [];
  for (const [name, stored] of Object.entries(decodeSafetensors(file))) {
    const own = rename(name);
    const tensor = isTransposed(name) ? transposed(name, stored) : stored;
    if (tensors.has(own)) throw new SafetensorsError(`safetensors: two tensors are '${own}', the second is '${name}'`);
    tensors.set(own, tensor);
    if (!Object.hasOwn(parameters, own)) unexpected.push(name);
  }
  const [first] = unexpected;
  const other =
    unexpected.length === 0 ? '' : `parameter '${first}' in the file, ${kindOf(tensors.get(rename(first)))}`;
  const missing = Object.keys(parameters).filter((name) => !tensors.has(name));
  for (const [name, variable] of Object.entries(parameters)) {
    const tensor = tensors.get(name);
    const expected = `expected ${kindOf(variable)}`;
    if (tensor === undefined) {
      if (!strict) continue;
      const instead = other === '' ? '' : `; unknown ${other}`;
      throw new SafetensorsError(`safetensors: parameter '${name}' is missing, ${expected}${instead}`);
    }
    if (kindOf(tensor) === kindOf(variable)) continue;
    throw new SafetensorsError(`safetensors: parameter '${name}' is ${kindOf(tensor)} in the file, ${expected}`);
  }
  if (strict && other !== '') throw new SafetensorsError(`safetensors: unknown ${other}`);
  for (const [name, variable] of Object.entries(parameters)) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) variable.write(tensor.data);
  }
  return { missing, unexpected };
}

/** A matrix turned over. @throws SafetensorsError for what is no matrix. */
function transposed(name: string, { dtype, shape, data }: StoredTensor): StoredTensor {
  const [rows, columns] = shape;
  if (shape.length !== 2) {
    throw new SafetensorsError(
      `safetensors: '${name}' is to be transposed, expected a matrix, got ${shapeText(shape)}`,
    );
  }
  return { dtype, shape: [columns, rows], data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]) };
}

function kindOf(tensor: Pick<StoredTensor, 'dtype' | 'shape'> | undefined): string {
  if (tensor === undefined) return 'none';
  const { dtype, shape } = tensor;
  return `${dtype} ${shapeText(shape)}`;
}

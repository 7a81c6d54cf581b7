import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  featureCount,
  type LeafSpace,
  type Space,
} from '@gradus/core';
import { ImportError } from './errors.ts';
import { dtypeName, readArray, readNumberOf } from './numpy.ts';
import { attributesOf, entriesOf, nameOf, pythonText } from './python.ts';

/** A space without parts, as the file has it and as Gradus has it. */
export interface ImportedLeaf {
  /** Its name in a `Dict`, else ''. */
  readonly name: string;
  readonly space: LeafSpace;
  /** Whether Stable-Baselines3 takes it for a picture. */
  readonly isPicture: boolean;
  /** Whether the axis of colors is the first one in the file: that of the space is the last one. */
  readonly isChannelsFirst: boolean;
}

/** A space, and what it is made of, in the order of the file. */
export interface ImportedSpace {
  readonly space: Space;
  readonly leaves: readonly ImportedLeaf[];
}

/**
 * The space of gym or gymnasium that was pickled. Pictures have their colors last here; numbers that are no bytes are real ones, since networks see them as
 * such. Throws {@link ImportError}, beginning with `subject`, for a space of another kind.
 */
export function readSpace(value: unknown, subject: string): ImportedSpace {
  if (kindOf(value) !== 'Dict') {
    const leaf = checkedLeaf(value, '', subject);
    return { space: leaf.space, leaves: [leaf] };
  }
  const parts = entriesOf(attributesOf(value).get('spaces'));
  if (parts === undefined || parts.size === 0) throw new ImportError(`${subject}: expected a Dict with spaces`);
  let total = 0;
  const leaves = Array.from(parts, ([name, part]) => {
    const leaf = checkedLeaf(part, String(name), `${subject}: ${String(name)}`);
    total += featureCount(leaf.space);
    if (total <= MOST_FEATURES) return leaf;
    throw new ImportError(`${subject}: expected spaces of at most ${MOST_FEATURES} numbers together`);
  });
  const named = Object.fromEntries(leaves.map(({ name, space }) => [name, space]));
  return { space: new Dict(named), leaves };
}

/** A space of Gradus as if it had been imported: pictures of bytes have had their colors first. Throws {@link ImportError} for a `Dict`. */
export function importedSpace(space: Space, subject: string): ImportedSpace {
  if (space.kind === 'dict')
    throw new ImportError(`${subject}: expected a space without parts, got ${space.toString()}`);
  const isPicture = space.kind === 'box' && space.dtype === 'uint8' && space.shape.length === 3;
  return { space, leaves: [{ name: '', space, isPicture, isChannelsFirst: isPicture }] };
}

/** Numbers that networks see of a space at most: a damaged file could have any. */
const MOST_FEATURES = 2 ** 20;

function checkedLeaf(value: unknown, name: string, subject: string): ImportedLeaf {
  const leaf = readLeaf(value, name, subject);
  if (featureCount(leaf.space) <= MOST_FEATURES) return leaf;
  throw new ImportError(
    `${subject}: expected a space of at most ${MOST_FEATURES} numbers, got ${leaf.space.toString()}`,
  );
}

function kindOf(value: unknown): string | undefined {
  return /^(?:gym|gymnasium)\.spaces\.\w+\.(\w+)$/.exec(nameOf(value) ?? '')?.[1];
}

function readLeaf(value: unknown, name: string, subject: string): ImportedLeaf {
  const attributes = attributesOf(value);
  const plain = (space: LeafSpace): ImportedLeaf => ({ name, space, isPicture: false, isChannelsFirst: false });
  try {
    switch (kindOf(value)) {
      case 'Box':
        return readBox(attributes, name, subject);
      case 'Discrete': {
        const start = readNumberOf(attributes.get('start') ?? 0, subject);
        return plain(new Discrete(readNumberOf(attributes.get('n'), subject) ?? 0, start));
      }
      case 'MultiDiscrete': {
        const start = readArray(attributes.get('start'), subject)?.data;
        const counts = [...(readArray(attributes.get('nvec'), subject)?.data ?? [])];
        return plain(new MultiDiscrete(counts, start && [...start]));
      }
      case 'MultiBinary': {
        const n = attributes.get('n');
        const shape = readArray(n, subject)?.data ?? n;
        return plain(new MultiBinary(typeof shape === 'number' ? shape : Array.from(shape as ArrayLike<number>)));
      }
      default:
        throw new ImportError(
          `${subject}: expected a Box, Discrete, MultiDiscrete, MultiBinary or a Dict of these, of gym or gymnasium, got ${pythonText(value)}`,
        );
    }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new ImportError(`${subject}: no such space can be made: ${error.message}`, { cause: error });
  }
}

function readBox(attributes: ReadonlyMap<unknown, unknown>, name: string, subject: string): ImportedLeaf {
  const shape = attributes.get('_shape') ?? attributes.get('shape');
  const [low, high] = ['low', 'high'].map((bound) => readArray(attributes.get(bound), `${subject}: ${bound}`)?.data);
  if (!Array.isArray(shape) || low === undefined || high === undefined) {
    throw new ImportError(`${subject}: expected a Box with shape, low and high`);
  }
  const extents = shape as readonly number[];
  const isBytes = dtypeName(attributes.get('dtype')) === 'uint8';
  if (!isBytes) {
    const space = new Box(Float32Array.from(low), Float32Array.from(high), extents);
    return { name, space, isPicture: false, isChannelsFirst: false };
  }
  // As `is_image_space` and `is_image_space_channels_first` of Stable-Baselines3.
  const isWhole = low.every((bound) => bound === 0) && high.every((bound) => bound === 255);
  if (!isWhole) throw new ImportError(`${subject}: expected bytes from 0 to 255, got other bounds`);
  const isPicture = extents.length === 3;
  const isChannelsFirst = isPicture && extents.indexOf(Math.min(...extents)) === 0;
  const [channels, height, width] = extents;
  const ours = isChannelsFirst ? [height, width, channels] : extents;
  return { name, space: new Box(0, 255, ours, { dtype: 'uint8' }), isPicture, isChannelsFirst };
}

import { Dict, type Space, type StateDict } from '@gradus/core';
import { ImportError } from './errors.ts';
import { readArray, readNumberOf } from './numpy.ts';
import { unpickle } from './pickle.ts';
import { attributesOf, entriesOf, nameOf, pythonText } from './python.ts';

/** What `VecNormalize.save` of Stable-Baselines3 wrote. */
export interface VecNormalize {
  /** The state of the `RunningNormalizer` of observations; undefined where they were not normalized. */
  readonly observation: StateDict | undefined;
  /** That of returns, by which rewards were divided; undefined where they were not. */
  readonly reward: StateDict | undefined;
}

/** What is added to variances here. */
const EPSILON = 1e-8;

/**
 * The statistics of a `vecnormalize.pkl`, for observations of `space`. Throws {@link ImportError} for another file, and for statistics of other numbers than
 * the space has.
 */
export function readVecNormalize(bytes: Uint8Array, space: Space, subject: string): VecNormalize {
  const { value } = unpickle(bytes, { subject });
  const name = nameOf(value);
  if (name?.endsWith('.vec_normalize.VecNormalize') !== true) {
    throw new ImportError(`${subject}: expected a VecNormalize of Stable-Baselines3, got ${pythonText(value)}`);
  }
  const attributes = attributesOf(value);
  const number = (key: string, otherwise: number): number =>
    readNumberOf(attributes.get(key), `${subject}: ${key}`) ?? otherwise;
  const epsilon = number('epsilon', EPSILON);
  const flag = (key: string): boolean => attributes.get(key) !== false;
  const observation = (): StateDict =>
    observationState(attributes.get('obs_rms'), space, {
      subject: `${subject}: obs_rms`,
      limit: number('clip_obs', 10),
      epsilon,
    });
  const reward = (): StateDict =>
    stateOf(attributes.get('ret_rms'), { subject: `${subject}: ret_rms`, limit: number('clip_reward', 10), epsilon });
  return {
    observation: flag('norm_obs') ? observation() : undefined,
    reward: flag('norm_reward') ? reward() : undefined,
  };
}

interface Statistics {
  readonly subject: string;
  readonly limit: number;
  readonly epsilon: number;
}

/** Of a Dict there are statistics by name. */
function observationState(value: unknown, space: Space, statistics: Statistics): StateDict {
  const { subject } = statistics;
  const parts = entriesOf(value);
  if (parts === undefined || !(space instanceof Dict)) {
    const state = stateOf(value, statistics);
    return checkSize(state, space, subject);
  }
  const states = space.layout.map(({ name, space: part }) => {
    if (part.kind !== 'box' || !parts.has(name)) {
      throw new ImportError(
        `${subject}: expected statistics of all parts of ${space.toString()}, got none of '${name}'`,
      );
    }
    return checkSize(stateOf(parts.get(name), { ...statistics, subject: `${subject}: ${name}` }), part, subject);
  });
  const join = (key: string): Float64Array =>
    Float64Array.from(states.flatMap((state) => [...(state[key] as Float64Array)]));
  return { ...states[0], mean: join('mean'), variance: join('variance') };
}

function checkSize(state: StateDict, space: Space, subject: string): StateDict {
  const { length } = state.mean as Float64Array;
  if (length === space.size) return state;
  throw new ImportError(
    `${subject}: expected statistics of the ${space.size} numbers of ${space.toString()}, got those of ${length}`,
  );
}

/** The state of a `RunningMeanStd` as that of a `RunningNormalizer`. */
function stateOf(value: unknown, { subject, limit, epsilon }: Statistics): StateDict {
  const attributes = attributesOf(value);
  const [mean, variance] = ['mean', 'var'].map((key) => readArray(attributes.get(key), `${subject}: ${key}`)?.data);
  const count = readNumberOf(attributes.get('count'), `${subject}: count`);
  if (mean === undefined || variance?.length !== mean.length || count === undefined) {
    throw new ImportError(`${subject}: expected a RunningMeanStd with mean, var and count, got ${pythonText(value)}`);
  }
  const isFinite = [...mean, ...variance, count, limit, epsilon].every(Number.isFinite);
  if (!isFinite || limit <= 0 || count <= 0 || variance.some((each) => each < 0)) {
    throw new ImportError(
      `${subject}: damaged: expected finite statistics, variances of at least 0 and a limit above 0`,
    );
  }
  // Where the file adds more or less to variances than Gradus does, the difference is in them.
  return { mean, variance: variance.map((each) => each + epsilon - EPSILON), count, limit };
}

import {
  Box,
  elementChoices,
  featureCount,
  numbersOf,
  resetEnv,
  spaceLeaves,
  stepEnv,
  type BoxDtype,
  type Env,
  type Observation,
  type Space,
  type SpaceLeaf,
  type VectorEnv,
} from '@gradus/core';
import { checkOneOrMore, wrapEnv, wrapVectorEnv } from './wrap-env.ts';

/**
 * Gymnasium's `FlattenObservation`: shows observations of any space as one flat `Box`, choices as one-hot vectors, bits as 0 and 1, numbers of a `Box`
 * as they are, the parts of a `Dict` one after the other in the order of its layout. Its dtype is that of all parts where they have the same (of choices
 * and bits it is uint8), else float32.
 */
export function flattenObservation(env: Env): Env;
export function flattenObservation(env: VectorEnv): VectorEnv;
export function flattenObservation(env: Env | VectorEnv): Env | VectorEnv {
  checkOneOrMore('flattenObservation', env);
  const space = flatSpace(env.observationSpace);
  return 'numEnvs' in env ? flattenVector(env, space) : flattenOne(env, space);
}

function flattenOne(env: Env, observationSpace: Box): Env {
  const write = writerOf(env.observationSpace);
  const flat = <Result extends { readonly observation: Observation }>(result: Result): Result => {
    const observation = new Float32Array(observationSpace.size);
    write(numbersOf(env.observationSpace, result.observation), observation, 0);
    return { ...result, observation };
  };
  return wrapEnv(env, {
    observationSpace,
    reset: (options) => flat(resetEnv(env, options)),
    step: (action) => flat(stepEnv(env, action)),
  });
}

function flattenVector(env: VectorEnv, observationSpace: Box): VectorEnv {
  const write = writerOf(env.observationSpace);
  const observations = new Float32Array(env.numEnvs * observationSpace.size);
  const finalObservations = new Float32Array(env.numEnvs * observationSpace.size);
  const observe = (): void => {
    for (let i = 0; i < env.numEnvs; i++) {
      write(env.observations, observations, i);
      if (env.terminated[i] !== 0 || env.truncated[i] !== 0) write(env.finalObservations, finalObservations, i);
    }
  };
  return wrapVectorEnv(
    env,
    {
      observationSpace,
      observations,
      finalObservations,
      reset(options) {
        env.reset(options);
        observe();
      },
      step(actions) {
        env.step(actions);
        observe();
      },
    },
    { getState: () => ({}), setState: observe },
  );
}

function flatSpace(space: Space): Box {
  const parts = spaceLeaves(space).map((leaf) => {
    if (leaf.space.kind === 'box') return leaf.space;
    return new Box(0, 1, [featureCount(leaf.space)], { dtype: 'uint8' });
  });
  const dtypes = new Set<BoxDtype>(parts.map(({ dtype }) => dtype));
  const join = (bounds: (part: Box) => Float32Array): number[] => parts.flatMap((part) => Array.from(bounds(part)));
  return new Box(
    join((part) => part.low),
    join((part) => part.high),
    [featureCount(space)],
    { dtype: dtypes.size === 1 ? parts[0].dtype : 'float32' },
  );
}

type RowWriter = (source: ArrayLike<number>, target: Float32Array, row: number) => void;

/** Writes row `row` of `source`, members of `space`, flat into that row of `target`. */
function writerOf(space: Space): RowWriter {
  const leaves = spaceLeaves(space).map((leaf) => ({ ...leaf, choices: choicesOf(leaf) }));
  const width = featureCount(space);
  return (source, target, row) => {
    const first = row * space.size;
    let next = row * width;
    target.fill(0, next, next + width);
    for (const { start, end, choices } of leaves) {
      for (let k = start; k < end; k++) {
        const value = source[first + k];
        if (choices === undefined) target[next++] = value;
        else {
          const chosen = value - choices.start[k - start];
          const count = choices.counts[k - start];
          if (chosen >= 0 && chosen < count) target[next + chosen] = 1;
          next += count;
        }
      }
    }
  };
}

/** What numbers that become one-hot vectors choose from. */
function choicesOf({ space }: SpaceLeaf): ReturnType<typeof elementChoices> {
  return space.kind === 'discrete' || space.kind === 'multi-discrete' ? elementChoices(space) : undefined;
}

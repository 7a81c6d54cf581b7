import {
  Box,
  MultiBinary,
  MultiDiscrete,
  checkArguments,
  numbersOf,
  positiveInteger,
  readRow,
  resetEnv,
  restoreArray,
  stepEnv,
  type Env,
  type Space,
  type SpaceValue,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import { checkOneOrMore, wrapEnv, wrapVectorEnv } from './wrap-env.ts';

/**
 * Gymnasium's `FrameStackObservation`: shows the last `stackSize` observations, the oldest first; after a reset all of them are the
 * first one (its padding "reset"). A `Box` of shape [...] becomes one of [stackSize, ...], a `MultiBinary` likewise, a discrete space
 * a `MultiDiscrete`. Throws `RangeError` unless `stackSize` is a positive integer, and for a `Dict`.
 */
export function frameStack(env: Env, stackSize: number): Env;
export function frameStack(env: VectorEnv, stackSize: number): VectorEnv;
export function frameStack(env: Env | VectorEnv, stackSize: number): Env | VectorEnv {
  checkOneOrMore('frameStack', env);
  checkArguments('frameStack', { stackSize }, { stackSize: positiveInteger });
  const space = stackSpace(env.observationSpace, stackSize);
  return 'numEnvs' in env ? stackVector(env, space) : stackOne(env, space);
}

function stackOne(env: Env, observationSpace: Space): Env {
  const stack = new Float32Array(observationSpace.size);
  return wrapEnv(
    env,
    {
      observationSpace,
      reset(options) {
        const result = resetEnv(env, options);
        fill(stack, numbersOf(env.observationSpace, result.observation));
        return { ...result, observation: readStack() };
      },
      step(action) {
        const result = stepEnv(env, action);
        push(stack, numbersOf(env.observationSpace, result.observation));
        return { ...result, observation: readStack() };
      },
    },
    stateOf(stack),
  );

  function readStack(): SpaceValue {
    return readRow(observationSpace, stack, 0);
  }
}

function stackVector(env: VectorEnv, observationSpace: Space): VectorEnv {
  const { numEnvs } = env;
  const { size } = observationSpace;
  const observations = new Float32Array(numEnvs * size);
  const finalObservations = new Float32Array(numEnvs * size);
  const rowsOf = (array: Float32Array): Float32Array[] =>
    Array.from({ length: numEnvs }, (_, i) => {
      const length = array.length / numEnvs;
      return array.subarray(i * length, (i + 1) * length);
    });
  const [stacks, finalStacks] = [rowsOf(observations), rowsOf(finalObservations)];
  const [frames, finalFrames] = [rowsOf(env.observations), rowsOf(env.finalObservations)];
  return wrapVectorEnv(
    env,
    {
      observationSpace,
      observations,
      finalObservations,
      reset(options) {
        env.reset(options);
        for (let i = 0; i < numEnvs; i++) fill(stacks[i], frames[i]);
      },
      step(actions) {
        env.step(actions);
        for (let i = 0; i < numEnvs; i++) {
          if (env.terminated[i] === 0 && env.truncated[i] === 0) {
            push(stacks[i], frames[i]);
            continue;
          }
          finalStacks[i].set(stacks[i]);
          push(finalStacks[i], finalFrames[i]);
          fill(stacks[i], frames[i]);
        }
      },
    },
    stateOf(observations),
  );
}

function stackSpace(space: Space, stackSize: number): Space {
  const repeat = (values: ArrayLike<number>): number[] =>
    Array.from({ length: stackSize * values.length }, (_, i) => values[i % values.length]);
  switch (space.kind) {
    case 'box':
      return new Box(repeat(space.low), repeat(space.high), [stackSize, ...space.shape], {
        dtype: space.dtype,
        frameAxis: 0,
      });
    case 'multi-discrete':
      return new MultiDiscrete(repeat(space.counts), repeat(space.start));
    case 'discrete':
      return new MultiDiscrete(repeat([space.n]), repeat([space.start]));
    case 'multi-binary':
      return new MultiBinary([stackSize, ...space.shape]);
    case 'dict':
      throw new RangeError(
        `frameStack: expected observations of one space, as flattenObservation makes them, got ${space.toString()}`,
      );
  }
}

function fill(stack: Float32Array, frame: ArrayLike<number>): void {
  for (let start = 0; start < stack.length; start += frame.length) stack.set(frame, start);
}

function push(stack: Float32Array, frame: ArrayLike<number>): void {
  stack.copyWithin(0, frame.length);
  stack.set(frame, stack.length - frame.length);
}

function stateOf(stack: Float32Array): Stateful {
  return {
    getState: () => ({ stack: stack.slice() }),
    setState: (state) => restoreArray(state, 'stack', stack),
  };
}

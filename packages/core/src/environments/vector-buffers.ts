import { valueText } from '@gradus/tensor';
import type { Space } from '../spaces/spaces.ts';
import { restoreArray, type StateDict } from '../checkpoints/state.ts';
import type { StepOutcome, VectorEnv } from './vector-env.ts';

/** The buffers and counters that every vector environment has. */
export type VectorBuffers = StepOutcome & Pick<VectorEnv, 'episodeReturns' | 'episodeLengths'>;

/** Zeroed buffers for `n` copies with this observation space. */
export function createVectorBuffers(observationSpace: Space, n: number): VectorBuffers {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new RangeError(`numEnvs: expected a positive integer, got ${valueText(n)}`);
  return {
    observations: new Float32Array(n * observationSpace.size),
    finalObservations: new Float32Array(n * observationSpace.size),
    rewards: new Float64Array(n),
    terminated: new Uint8Array(n),
    truncated: new Uint8Array(n),
    episodeReturns: new Float64Array(n),
    episodeLengths: new Int32Array(n),
  };
}

/** Throws `RangeError` unless there is a copy `index` of `numEnvs`. */
export function checkCopyIndex(index: number, numEnvs: number): void {
  if (Number.isInteger(index) && index >= 0 && index < numEnvs) return;
  throw new RangeError(`render: expected the index of a copy in [0, ${numEnvs - 1}], got ${valueText(index)}`);
}

/** Forgets the episodes so far. */
export function clearVectorBuffers(buffers: VectorBuffers): void {
  const { rewards, terminated, truncated, episodeReturns, episodeLengths } = buffers;
  for (const array of [rewards, terminated, truncated, episodeReturns, episodeLengths]) array.fill(0);
}

/** What of the buffers the next step depends on. */
export function getBuffersState(buffers: VectorBuffers): StateDict {
  return {
    observations: buffers.observations.slice(),
    terminated: buffers.terminated.slice(),
    truncated: buffers.truncated.slice(),
    episodeReturns: buffers.episodeReturns.slice(),
    episodeLengths: buffers.episodeLengths.slice(),
  };
}

/** Puts back what `getBuffersState` gave. */
export function setBuffersState(buffers: VectorBuffers, state: StateDict): void {
  restoreArray(state, 'observations', buffers.observations);
  restoreArray(state, 'terminated', buffers.terminated);
  restoreArray(state, 'truncated', buffers.truncated);
  restoreArray(state, 'episodeReturns', buffers.episodeReturns);
  restoreArray(state, 'episodeLengths', buffers.episodeLengths);
}

import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import type { Space } from '../spaces/spaces.ts';
import { restoreArray, type StateDict } from '../checkpoints/state.ts';
import type { StepOutcome } from './vector-env.ts';

/** What every vector environment has: its spaces, and zeroed buffers and counters for `n` copies. */
export class VectorBuffers implements StepOutcome {
  readonly numEnvs: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly episodeReturns: Float64Array;
  readonly episodeLengths: Int32Array;

  constructor(observationSpace: Space, actionSpace: Space, n: number) {
    checkArguments('VectorEnv', { n }, { n: positiveInteger });
    this.numEnvs = n;
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    this.observations = new Float32Array(n * observationSpace.size);
    this.finalObservations = new Float32Array(n * observationSpace.size);
    this.rewards = new Float64Array(n);
    this.terminated = new Uint8Array(n);
    this.truncated = new Uint8Array(n);
    this.episodeReturns = new Float64Array(n);
    this.episodeLengths = new Int32Array(n);
  }

  /** Forgets the episodes so far. */
  protected clearBuffers(): void {
    const { rewards, terminated, truncated, episodeReturns, episodeLengths } = this;
    for (const array of [rewards, terminated, truncated, episodeReturns, episodeLengths]) array.fill(0);
  }

  /** What of the buffers the next step depends on. */
  protected getBuffersState(): StateDict {
    const saved = buffersInState.map((name) => [name, this[name].slice()] as const);
    return Object.fromEntries(saved);
  }

  /** Puts back what `getBuffersState` gave. */
  protected setBuffersState(state: StateDict): void {
    for (const name of buffersInState) restoreArray(state, name, this[name]);
  }
}

/** The buffers that the next step depends on. */
const buffersInState = ['observations', 'terminated', 'truncated', 'episodeReturns', 'episodeLengths'] as const;

/** Throws `RangeError` unless there is a copy `index` of `numEnvs`. */
export function checkCopyIndex(index: number, numEnvs: number): void {
  if (Number.isInteger(index) && index >= 0 && index < numEnvs) return;
  throw new RangeError(`render: expected the index of a copy in [0, ${numEnvs - 1}], got ${valueText(index)}`);
}

import { EnvError } from '../errors.ts';
import { FrameQueue, type FrameArray } from './frame-queue.ts';
import type { NumberArray } from './gather-rows.ts';
import { spaceLeaves, type Space } from '../spaces/spaces.ts';
import { readStates, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';

/** How the numbers of an observation are those of frames. */
interface FrameLayout {
  /** Frames of an observation, the oldest first: 1 where it is no stack. */
  readonly frames: number;
  /** Numbers of a frame. */
  readonly size: number;
  /** From the first number of a frame to that of the next, and from one number of a frame to the next. */
  readonly step: number;
  readonly stride: number;
}

/** So that a byte tells how many frames an observation is after the one before. */
const MOST_FRAMES = 255;

/**
 * What n environments have shown, in order: an observation that is the same as the one before is kept once, and of a stack of frames
 * that goes on from the one before only its newest frame. Observations of a uint8 `Box` are kept as bytes, all others as float32.
 */
export class ObservationHistory implements Stateful {
  private readonly layout: FrameLayout;
  private readonly queues: readonly FrameQueue[];
  /** The last observation of each environment: the number of its oldest frame; and whether there is one. */
  private readonly last: Uint32Array;
  private readonly hasLast: Uint8Array;
  /** An observation as it is kept. */
  private readonly current: FrameArray;

  /** `expected`: how many observations of each environment are kept about. */
  constructor(space: Space, numEnvs: number, expected: number) {
    this.layout = frameLayout(space);
    const isBytes = keepsBytes(space);
    this.queues = Array.from({ length: numEnvs }, () => new FrameQueue(this.layout.size, expected, isBytes));
    this.last = new Uint32Array(numEnvs);
    this.hasLast = new Uint8Array(numEnvs);
    this.current = isBytes ? new Uint8Array(space.size) : new Float32Array(space.size);
  }

  /** Adds row `row` of `observations` as what environment `i` shows next; returns its number, by which `copy` finds it. Throws `EnvError` for what is no byte where these are kept. */
  add(i: number, observations: Float32Array, row: number): number {
    const { current, queues, last, layout } = this;
    const { frames, step, stride } = layout;
    const start = row * current.length;
    current.set(observations.subarray(start, start + current.length));
    if (current instanceof Uint8Array) checkKept(current, observations, start, i);
    if (this.hasLast[i] === 1 && this.follows(i, 0)) return last[i];
    const goesOn = this.hasLast[i] === 1 && this.follows(i, 1);
    for (let k = goesOn ? frames - 1 : 0; k < frames; k++) queues[i].push(current, k * step, stride);
    last[i] = queues[i].end - frames;
    this.hasLast[i] = 1;
    return last[i];
  }

  /** Writes observation `number` of environment `i` to row `row` of `target`. */
  copy(i: number, number: number, target: NumberArray, row: number): void {
    const { frames, step, stride } = this.layout;
    const start = row * this.current.length;
    const queue = this.queues[i];
    for (let k = 0; k < frames; k++) queue.copy((number + k) >>> 0, target, start + k * step, stride);
  }

  /** Forgets what environment `i` has shown before observation `number`. */
  dropBefore(i: number, number: number): void {
    this.queues[i].dropBefore(number);
  }

  /** Numbers are counted from the oldest frame that is kept. */
  getState(): StateDict {
    const last = this.last.map((number, i) => number - this.queues[i].start);
    return { queues: this.queues.map((queue) => queue.getState()), last, hasLast: this.hasLast.slice() };
  }

  /** Throws `CheckpointError` for another number of environments or another space. */
  setState(state: StateDict): void {
    readStates(state, 'queues', this.queues.length).forEach((each, i) => {
      this.queues[i].setState(each);
    });
    restoreArray(state, 'last', this.last);
    restoreArray(state, 'hasLast', this.hasLast);
  }

  /** Number of the oldest frame of environment `i` that is kept. */
  start(i: number): number {
    return this.queues[i].start;
  }

  /** Whether the last observation without its first `shift` frames is how the current one begins. */
  private follows(i: number, shift: 0 | 1): boolean {
    const { frames, step, stride } = this.layout;
    for (let k = 0; k < frames - shift; k++) {
      if (!this.queues[i].equals((this.last[i] + k + shift) >>> 0, this.current, k * step, stride)) return false;
    }
    return true;
  }
}

/** Throws `EnvError` where a byte is not the number that it was made of. */
function checkKept(bytes: Uint8Array, observations: Float32Array, start: number, i: number): void {
  for (let k = 0; k < bytes.length; k++) {
    if (bytes[k] === observations[start + k]) continue;
    const got = observations[start + k];
    throw new EnvError(`observation of environment ${i} has ${got} at [${k}], expected an integer in [0, 255]`);
  }
}

/** Bytes that are kept of each observation, where stacks go on from each other. */
export function observationBytes(space: Space): number {
  return frameLayout(space).size * (keepsBytes(space) ? 1 : 4);
}

function keepsBytes(space: Space): boolean {
  return spaceLeaves(space).every(
    (leaf) => leaf.space.kind === 'multi-binary' || (leaf.space.kind === 'box' && leaf.space.dtype === 'uint8'),
  );
}

function frameLayout(space: Space): FrameLayout {
  const axis = space.kind === 'box' ? space.frameAxis : undefined;
  if (axis === undefined || space.shape[axis] > MOST_FRAMES) return { frames: 1, size: space.size, step: 0, stride: 1 };
  const frames = space.shape[axis];
  const size = space.size / frames;
  return axis === 0 ? { frames, size, step: size, stride: 1 } : { frames, size, step: 1, stride: frames };
}

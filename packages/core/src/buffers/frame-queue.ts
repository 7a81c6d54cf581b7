import { readNumber, readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import { WIDE, type NumberArray } from './gather-rows.ts';

/** Numbers of frames: bytes where they are whole ones from 0 to 255. */
export type FrameArray = Float32Array | Uint8Array;

/** Most bytes of a block, so that many of them fit where one large array would not. */
const BLOCK_BYTES = 2 ** 26;

/** Parts that a queue's memory comes in, so that little more is taken than is filled. */
const BLOCKS = 32;

/**
 * Frames of `size` numbers in the order in which they came: new ones are added at the end, old ones dropped from the front. They are
 * called by their number, counted from 0 modulo 2³². Memory is taken block by block as they come.
 */
export class FrameQueue implements Stateful {
  private readonly size: number;
  private readonly create: (length: number) => FrameArray;
  /** Frames of a block: 2 to this power. */
  private readonly shift: number;
  private blocks: FrameArray[] = [];
  private spare: FrameArray | undefined;
  /** Number of the first block's first frame, of the oldest frame, and of the next one. */
  private base = 0;
  private oldest = 0;
  private next = 0;

  /** `expected`: how many frames there will be about. */
  constructor(size: number, expected: number, isBytes: boolean) {
    this.size = size;
    this.create = isBytes ? (length) => new Uint8Array(length) : (length) => new Float32Array(length);
    const fitting = BLOCK_BYTES / (isBytes ? size : 4 * size);
    this.shift = Math.max(0, Math.floor(Math.log2(Math.min(expected / BLOCKS, fitting))));
  }

  /** The number of the oldest frame. */
  get start(): number {
    return this.oldest;
  }

  /** The number that the next frame will get. */
  get end(): number {
    return this.next;
  }

  /** Adds the frame whose numbers are every `stride`-th of `source` from `start` on. */
  push(source: FrameArray, start: number, stride: number): void {
    const { size, blocks, shift } = this;
    const place = (this.next - this.base) >>> 0;
    if (place >>> shift === blocks.length) {
      blocks.push(this.spare ?? this.create(size << shift));
      this.spare = undefined;
    }
    const block = blocks[place >>> shift];
    const offset = this.offsetOf(place);
    for (let i = 0, from = start; i < size; i++, from += stride) block[offset + i] = source[from];
    this.next = (this.next + 1) >>> 0;
  }

  /** Whether the frame is what `push` would add. */
  equals(frame: number, source: FrameArray, start: number, stride: number): boolean {
    const { size } = this;
    const place = (frame - this.base) >>> 0;
    const block = this.blocks[place >>> this.shift];
    const offset = this.offsetOf(place);
    for (let i = 0, from = start; i < size; i++, from += stride) if (block[offset + i] !== source[from]) return false;
    return true;
  }

  /** Writes a frame to every `stride`-th number of `target` from `start` on. */
  copy(frame: number, target: NumberArray, start: number, stride: number): void {
    const { size } = this;
    const place = (frame - this.base) >>> 0;
    const block = this.blocks[place >>> this.shift];
    const offset = this.offsetOf(place);
    if (stride === 1 && size >= WIDE) target.set(block.subarray(offset, offset + size), start);
    else for (let i = 0, to = start; i < size; i++, to += stride) target[to] = block[offset + i];
  }

  /** Drops all frames before this one. */
  dropBefore(frame: number): void {
    this.oldest = frame;
    while ((frame - this.base) >>> 0 >= 2 ** this.shift) {
      this.spare = this.blocks.shift();
      this.base = (this.base + 2 ** this.shift) >>> 0;
    }
  }

  /** The frames, of which the oldest gets the number 0 when they are put back. */
  getState(): StateDict {
    const { oldest, size, shift } = this;
    const frames = (this.next - oldest) >>> 0;
    const blocks: FrameArray[] = [];
    for (let first = 0; first < frames; first += 2 ** shift) {
      const count = Math.min(2 ** shift, frames - first);
      const block = this.create(count * size);
      this.copyRun((oldest + first) >>> 0, count, block);
      blocks.push(block);
    }
    return { frames, blocks: Object.fromEntries(blocks.map((block, index) => [String(index), block])) };
  }

  /** Throws `CheckpointError` for frames of another size or type. */
  setState(state: StateDict): void {
    const frames = readNumber(state, 'frames');
    const saved = readState(state, 'blocks');
    const blocks: FrameArray[] = [];
    for (let first = 0; first < frames; first += 2 ** this.shift) {
      const block = this.create(this.size << this.shift);
      const count = Math.min(2 ** this.shift, frames - first);
      restoreArray(saved, String(blocks.length), block.subarray(0, count * this.size));
      blocks.push(block);
    }
    this.blocks = blocks;
    this.base = 0;
    this.oldest = 0;
    this.next = frames;
  }

  /** Copies `count` frames that follow each other: the rest of a block, and of the next one what is missing. */
  private copyRun(frame: number, count: number, target: FrameArray): void {
    const { size, shift } = this;
    for (let done = 0; done < count;) {
      const place = (frame + done - this.base) >>> 0;
      const part = Math.min(count - done, 2 ** shift - (place & (2 ** shift - 1)));
      const offset = this.offsetOf(place);
      target.set(this.blocks[place >>> shift].subarray(offset, offset + part * size), done * size);
      done += part;
    }
  }

  /** Where in its block a frame begins that is so many after the first block's first. */
  private offsetOf(place: number): number {
    return (place & (2 ** this.shift - 1)) * this.size;
  }
}

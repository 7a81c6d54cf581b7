import { checkOptions, optional, valueText, type Env, type OptionCheck } from '@gradus/core';
import { createEnvCanvas, type EnvCanvas } from './env-canvas.ts';
import { indexChanges, type IndexedChanges } from './index-changes.ts';
import { loadOptional } from './load-optional.ts';

/** How fast to show what was recorded. */
export interface GifRecorderOptions {
  /** At most 50. Default: the environment's own pace. GIF counts in hundredths of a second, so that 30 becomes 33⅓. */
  readonly framesPerSecond?: number | undefined;
}

/** Browsers slow down what is faster. */
const MAX_FRAMES_PER_SECOND = 50;
const aPace: OptionCheck = {
  expected: `a number in (0, ${MAX_FRAMES_PER_SECOND}]`,
  accepts: (value) => typeof value === 'number' && value > 0 && value <= MAX_FRAMES_PER_SECOND,
};
/** GIF has 16 bits for the hundredths of a second for which a frame stays. */
const MAX_SECONDS = 655.35;
/** What becomes of a frame when the next one is due: it stays, and is drawn over. */
const KEEP = 1;

/**
 * Records an environment as an animated GIF that goes round and round. Make it with `GifRecorder.create(env)`; call `addFrame` after each
 * reset and step that should be seen, and `finish` once.
 */
export class GifRecorder {
  private readonly picture: EnvCanvas;
  private readonly encoder: Encoder;
  private readonly delay: number;
  private before?: Uint8ClampedArray;
  private count = 0;
  private finished = false;

  private constructor(picture: EnvCanvas, encoder: Encoder, framesPerSecond: number) {
    this.picture = picture;
    this.encoder = encoder;
    this.delay = 1000 / framesPerSecond;
  }

  /**
   * Throws `EnvError` for an environment that draws no pictures, `Error` where one of the optional packages `@napi-rs/canvas` and
   * `gifenc` is not installed, and `RangeError` unless 0 < framesPerSecond ≤ 50 and a frame stays no longer than 655.35 s.
   */
  static async create(env: Env, options: GifRecorderOptions = {}): Promise<GifRecorder> {
    checkOptions('GifRecorder', options, { framesPerSecond: optional(aPace) });
    const picture = await createEnvCanvas(env);
    const pace = options.framesPerSecond ?? Math.min(picture.format.framesPerSecond, MAX_FRAMES_PER_SECOND);
    checkSeconds('1 / framesPerSecond', 1 / pace);
    const { GIFEncoder } = await loadOptional('gifenc', importGifenc);
    return new GifRecorder(picture, GIFEncoder(), pace);
  }

  /** Frames so far. */
  get frames(): number {
    return this.count;
  }

  /**
   * Adds the state that the environment is in. It stays for `seconds`, by default until the next frame is due.
   * Throws `RangeError` unless `seconds` is in [0, 655.35], and `Error` after `finish`.
   */
  addFrame(seconds?: number): void {
    if (this.finished) throw new Error('addFrame: the recording is finished, expected no more frames');
    if (seconds !== undefined) checkSeconds('seconds', seconds);
    const { canvas, draw } = this.picture;
    const { width, height } = canvas;
    draw();
    const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
    const { palette, indices } = indexChanges(pixels, this.before);
    this.before = pixels;
    const delay = seconds === undefined ? this.delay : 1000 * seconds;
    const unchanged = { transparent: true, transparentIndex: 0, dispose: KEEP };
    this.encoder.writeFrame(indices, width, height, { palette, delay, ...unchanged });
    this.count++;
  }

  /** The file. Nothing can be added after it. Throws `Error` where there is no frame, which would be no picture. */
  finish(): Uint8Array {
    if (this.count === 0) throw new Error('finish: expected at least one frame, got none; call addFrame first');
    if (!this.finished) this.encoder.finish();
    this.finished = true;
    return this.encoder.bytes();
  }
}

function checkSeconds(name: string, seconds: number): void {
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_SECONDS) return;
  throw new RangeError(`${name}: expected a number of seconds in [0, ${MAX_SECONDS}], got ${valueText(seconds)}`);
}

interface FrameOptions {
  readonly palette: IndexedChanges['palette'];
  /** Milliseconds. */
  readonly delay: number;
  readonly transparent: boolean;
  readonly transparentIndex: number;
  readonly dispose: number;
}

interface Encoder {
  writeFrame(indices: Uint8Array, width: number, height: number, options: FrameOptions): void;
  finish(): void;
  bytes(): Uint8Array;
}

interface Gifenc {
  readonly GIFEncoder: () => Encoder;
}

/** Node gives what a CommonJS package exports as `default`, bundlers mostly by name. */
async function importGifenc(): Promise<Gifenc> {
  // @ts-expect-error: the package has no types
  const module = (await import('gifenc')) as Gifenc | { readonly default: Gifenc };
  return 'GIFEncoder' in module ? module : module.default;
}

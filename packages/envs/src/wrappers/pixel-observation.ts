import {
  Box,
  EnvError,
  aFunction,
  checkArguments,
  havingMethods,
  innerStatistics,
  optional,
  positiveInteger,
  resetEnv,
  restoreArray,
  stepEnv,
  type Env,
  type RenderContext,
} from '@gradus/core';
import { grayPicture } from './gray-picture.ts';
import { checkOne, wrapEnv } from './wrap-env.ts';

const aCanvas = havingMethods('the context of a canvas', 'fillRect', 'getImageData');

/** A canvas context to draw on and read from: a browser's, an `OffscreenCanvas`'s, or that of `@napi-rs/canvas` in Node. */
export interface PixelContext extends RenderContext {
  getImageData(x: number, y: number, width: number, height: number): { readonly data: ArrayLike<number> };
}

/** How `pixelObservation` sees. */
export interface PixelObservationOptions {
  /**
   * Makes the context of a canvas of that size. In browsers and their workers
   * `(width, height) => new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!`; in Node
   * `await loadCanvas()`, of `@gradus/envs/node`.
   */
  readonly createContext: (width: number, height: number) => PixelContext;
  /** Rows, and columns, of pixels. Default 84 (Mnih et al., 2015). */
  readonly side?: number | undefined;
  /** How many of the last pictures are seen. Default 4 (Mnih et al., 2015). */
  readonly frames?: number | undefined;
}

/**
 * Shows `env` as people see it, in the manner of Mnih et al. (2015, "Human-level control through deep reinforcement learning"): what it
 * draws after each reset and step, in grey and averaged down to 84 × 84 pixels, in the last 4 pictures. Observation: bytes
 * [side × side × frames], black 0, the pictures of a pixel side by side and the oldest first; after a reset all are the first one.
 * The grey is the luma 0.299 red + 0.587 green + 0.114 blue.
 *
 * For several copies: `vectorize(() => pixelObservation(makeEnv(id), { createContext }), n)`. A `VectorEnv` cannot be wrapped, since it no
 * longer draws an episode's end once the next one has begun. Canvases differ in how they smooth edges, so the same bits can
 * be expected of the same canvas alone.
 *
 * Throws `EnvError` for an environment that draws no pictures, and `RangeError` unless `side` and `frames` are positive integers.
 */
export function pixelObservation(env: Env, options: PixelObservationOptions): Env {
  checkOne('pixelObservation', env);
  checkArguments('pixelObservation', options, {
    createContext: aFunction,
    side: optional(positiveInteger),
    frames: optional(positiveInteger),
  });
  const { createContext, side = 84, frames = 4 } = options;
  const { renderFormat } = env;
  if (!env.render || !renderFormat) {
    throw new EnvError('pixelObservation: expected an environment that draws, got one without render and renderFormat');
  }
  const observationSpace = new Box(0, 255, [side, side, frames], { dtype: 'uint8', frameAxis: 2 });
  const { width, height } = renderFormat;
  const context = createContext(width, height);
  checkArguments('pixelObservation', { 'createContext()': context }, { 'createContext()': aCanvas });
  const toGray = grayPicture(width, height, side);
  const picture = new Uint8Array(side * side);
  const stack = new Uint8Array(observationSpace.size);

  function see(): void {
    env.render?.(context);
    toGray(context.getImageData(0, 0, width, height).data, picture);
  }

  return wrapEnv(
    env,
    {
      observationSpace,
      statistics: innerStatistics(env, 'observation'),
      reset(options) {
        const result = resetEnv(env, options);
        see();
        for (let i = 0; i < stack.length; i++) stack[i] = picture[Math.floor(i / frames)];
        return { ...result, observation: new Float32Array(stack) };
      },
      step(action) {
        const result = stepEnv(env, action);
        see();
        // Every picture takes the place of the one before; what lands in that of the newest is then overwritten.
        stack.copyWithin(0, 1);
        for (let i = 0; i < picture.length; i++) stack[(i + 1) * frames - 1] = picture[i];
        return { ...result, observation: new Float32Array(stack) };
      },
    },
    {
      getState: () => ({ stack: stack.slice() }),
      setState: (state) => restoreArray(state, 'stack', stack),
    },
  );
}

import {
  EnvError,
  anEnv,
  checkArguments,
  objectOf,
  positiveInteger,
  positiveNumber,
  type Env,
  type RenderFormat,
} from '@gradus/core';
import type { Canvas } from '@napi-rs/canvas';
import { loadOptional } from './load-optional.ts';

/** A canvas for the pictures of one environment. */
export interface EnvCanvas {
  readonly canvas: Canvas;
  readonly format: RenderFormat;
  /** Draws the state that the environment is in. */
  readonly draw: () => void;
}

const aFormat = objectOf('a format (with width, height and framesPerSecond)', {
  width: positiveInteger,
  height: positiveInteger,
  framesPerSecond: positiveNumber,
});

/**
 * Makes a canvas of the size of the environment's pictures. Throws `EnvError` for an environment that has none, and `Error` where
 * the optional package `@napi-rs/canvas` is not installed.
 */
export async function createEnvCanvas(env: Env): Promise<EnvCanvas> {
  checkArguments('environment', { env }, { env: anEnv });
  const { renderFormat: format } = env;
  if (!env.render || !format) {
    throw new EnvError('the environment cannot be drawn: it has no method render and no renderFormat');
  }
  checkArguments('environment', { renderFormat: format }, { renderFormat: aFormat });
  const { createCanvas } = await loadOptional('@napi-rs/canvas', () => import('@napi-rs/canvas'));
  const canvas = createCanvas(format.width, format.height);
  const context = canvas.getContext('2d');
  return { canvas, format, draw: () => env.render?.(context) };
}

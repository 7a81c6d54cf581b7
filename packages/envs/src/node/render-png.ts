import type { Env } from '@gradus/core';
import { createEnvCanvas } from './env-canvas.ts';

/**
 * The state that `env` is in as a PNG file. Throws `EnvError` for an environment that draws no pictures, and `Error` where the optional
 * package `@napi-rs/canvas` is not installed.
 */
export async function renderPng(env: Env): Promise<Uint8Array> {
  const { canvas, draw } = await createEnvCanvas(env);
  draw();
  return canvas.encode('png');
}

import type { PixelContext } from '../wrappers/pixel-observation.ts';
import { loadOptional } from './load-optional.ts';

/**
 * What makes contexts of canvases in Node, for `pixelObservation`. Throws `Error` where the optional package `@napi-rs/canvas` is not
 * installed.
 *
 *     const env = pixelObservation(makeEnv('CartPole-v1'), { createContext: await loadCanvas() });
 */
export async function loadCanvas(): Promise<(width: number, height: number) => PixelContext> {
  const { createCanvas } = await loadOptional('@napi-rs/canvas', () => import('@napi-rs/canvas'));
  return (width, height) => createCanvas(width, height).getContext('2d');
}

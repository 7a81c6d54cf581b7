import type { Env, StateDict } from '@gradus/core';
import { makeEnv, type EnvOptions } from '@gradus/envs';
import { createCanvas } from '@napi-rs/canvas';

/** What an environment drew. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The colour at (x, y), as `#rrggbb`. */
  at(x: number, y: number): string;
  /** How many pixels have that colour. */
  count(color: string): number;
  /** Mean position of the pixels of that colour. */
  center(color: string): readonly [x: number, y: number];
}

/** Draws the environment. */
export function pictureOf(env: Env): Picture {
  const { width, height } = env.renderFormat!;
  const context = createCanvas(width, height).getContext('2d');
  env.render!(context);
  const { data } = context.getImageData(0, 0, width, height);
  const colorAt = (pixel: number): number => (data[4 * pixel] << 16) | (data[4 * pixel + 1] << 8) | data[4 * pixel + 2];
  const pixelsOf = (color: string): number[] => {
    const wanted = Number.parseInt(color.slice(1), 16);
    return [...new Array(width * height).keys()].filter((pixel) => colorAt(pixel) === wanted);
  };
  return {
    width,
    height,
    at: (x, y) =>
      `#${colorAt(Math.round(y) * width + Math.round(x))
        .toString(16)
        .padStart(6, '0')}`,
    count: (color) => pixelsOf(color).length,
    center(color) {
      const pixels = pixelsOf(color);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean(pixels.map((pixel) => pixel % width)), mean(pixels.map((pixel) => Math.floor(pixel / width)))];
    },
  };
}

/** An environment with some variables of its state set. */
export function envInState(
  id: string,
  variables: Readonly<Record<string, number | readonly number[]>>,
  options: EnvOptions = {},
): Env {
  const env = makeEnv(id, options);
  env.reset({ seed: 0 });
  const { state, ...rest } = env.getState!() as { state: StateDict };
  const changed = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, Float64Array.from([value].flat())]),
  );
  env.setState!({ ...rest, state: { ...state, ...changed } });
  return env;
}

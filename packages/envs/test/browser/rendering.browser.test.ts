/// <reference lib="dom" />
import type { RenderContext } from '@gradus/core';
import { expect, expectTypeOf, test } from 'vitest';
import { makeEnv, pixelObservation } from '../../src/index.ts';
import { colors } from '../../src/rendering/shapes.ts';

test('the context of a browser is a RenderContext', () => {
  expectTypeOf<CanvasRenderingContext2D>().toExtend<RenderContext>();
});

test('CartPole draws itself on a canvas of the page, step by step', () => {
  const env = makeEnv('CartPole-v1');
  const { width, height } = env.renderFormat!;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  document.body.append(canvas);
  const context = canvas.getContext('2d')!;
  const colorAt = (x: number, y: number): string => {
    const [red, green, blue] = context.getImageData(x, y, 1, 1).data;
    return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  };

  env.reset({ seed: 1 });
  env.render!(context);
  // The cart stands in the middle, the pole upright on it: both start within 0.05 m and rad.
  expect([colorAt(300, 215), colorAt(300, 150), colorAt(60, 100)]).toEqual([colors.blue, colors.orange, colors.paper]);

  let result = env.step(1);
  while (!result.terminated) result = env.step(1);
  env.render!(context);
  // Pushed to the right until the pole has fallen over to the left.
  const [position, , angle] = result.observation as Float32Array;
  const [left, right] = [-36, 36].map((offset) => Math.round(300 + 110 * position + offset));
  expect([left - 5, left, right, right + 5].map((x) => colorAt(x, 215))).toEqual([
    colors.paper,
    colors.blue,
    colors.blue,
    colors.paper,
  ]);
  const tip = [300 + 110 * position + 100 * Math.sin(angle), 192 - 100 * Math.cos(angle)].map(Math.round);
  expect(colorAt(tip[0], tip[1])).toBe(colors.orange);
  expect(angle).toBeLessThan(-0.2);
});

test('CartPole is seen in grey on a canvas off the page', () => {
  const createContext = (width: number, height: number): OffscreenCanvasRenderingContext2D =>
    new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  const env = pixelObservation(makeEnv('CartPole-v1'), { createContext });
  const observation = env.reset({ seed: 1 }).observation as Float32Array;
  const gray = (row: number, column: number): number => observation[4 * (84 * row + column) + 3];
  // Luma of the paper, the cart, and the middle of the pole.
  expect([gray(10, 10), gray(54, 39), gray(37, 41)]).toEqual([248, 105, 145]);
});

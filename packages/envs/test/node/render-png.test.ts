import { EnvError } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { renderPng } from '@gradus/envs/node';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { expect, test } from 'vitest';

test('the file holds the picture, pixel by pixel', async () => {
  const env = makeEnv('CartPole-v1');
  env.reset({ seed: 1 });
  const png = await renderPng(env);
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const image = await loadImage(png);
  const { width, height } = env.renderFormat!;
  expect([image.width, image.height]).toEqual([width, height]);
  const [read, drawn] = [createCanvas(width, height).getContext('2d'), createCanvas(width, height).getContext('2d')];
  read.drawImage(image, 0, 0);
  env.render!(drawn);
  const [readPixels, drawnPixels] = [read, drawn].map((context) =>
    Buffer.from(context.getImageData(0, 0, width, height).data),
  );
  expect(readPixels.equals(drawnPixels)).toBe(true);
});

test('what draws nothing is an error', async () => {
  const message = 'the environment cannot be drawn: it has no method render and no renderFormat';
  await expect(renderPng(makeEnv('IdentityDiscrete-v0'))).rejects.toThrow(new EnvError(message));
});

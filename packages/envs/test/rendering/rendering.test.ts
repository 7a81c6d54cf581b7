import { Random, consecutiveSeeds, type RenderContext } from '@gradus/core';
import { listEnvs, makeEnv, makeVectorEnv } from '@gradus/envs';
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { pictureOf } from './picture.ts';

const drawn = listEnvs().filter((id) => makeEnv(id).renderFormat);

test('the canvas of Node is a RenderContext', () => {
  expectTypeOf<SKRSContext2D>().toExtend<RenderContext>();
});

test('everything with something to see is drawn', () => {
  expect(listEnvs().filter((id) => !drawn.includes(id))).toEqual([
    'Bandit-v0',
    'ContextualBandit-v0',
    'IdentityBox-v0',
    'IdentityDiscrete-v0',
    'IdentityMultiDiscrete-v0',
  ]);
});

describe.each(drawn)('%s', (id) => {
  test('covers all of its picture and nothing else, and leaves the context as it was', () => {
    const env = makeEnv(id);
    env.reset({ seed: 1 });
    const { width, height, framesPerSecond } = env.renderFormat!;
    expect(framesPerSecond).toBeGreaterThan(0);
    const context = createCanvas(width + 20, height + 20).getContext('2d');
    context.translate(10, 10);
    context.fillStyle = '#123456';
    context.lineWidth = 7;
    env.render!(context);
    expect([context.fillStyle, context.lineWidth, context.font]).toEqual(['#123456', 7, '10px sans-serif']);
    expect([context.getTransform().e, context.getTransform().f]).toEqual([10, 10]);
    const { data } = context.getImageData(0, 0, width + 20, height + 20);
    for (let y = 0; y < height + 20; y++) {
      for (let x = 0; x < width + 20; x++) {
        const inside = x >= 10 && y >= 10 && x < width + 10 && y < height + 10;
        if (data[4 * (y * (width + 20) + x) + 3] !== (inside ? 255 : 0)) expect.fail(`alpha at (${x}, ${y})`);
      }
    }
  });

  test('draws the same alone as among copies, and another picture where it has moved', () => {
    const alone = makeEnv(id);
    const together = makeVectorEnv(id, 2);
    alone.reset({ seed: 5 });
    together.reset({ seed: consecutiveSeeds(4, together.numEnvs) });
    const { width, height } = alone.renderFormat!;
    const pixelsOf = (render: (context: RenderContext) => void): Buffer => {
      const context = createCanvas(width, height).getContext('2d');
      render(context);
      return Buffer.from(context.getImageData(0, 0, width, height).data);
    };
    const before = pixelsOf((context) => alone.render!(context));
    expect(pixelsOf((context) => together.render!(context, 1)).equals(before)).toBe(true);
    const observation = JSON.stringify(alone.reset().observation);
    const random = new Random(1);
    for (let step = 0; step < 50; step++) {
      const result = alone.step(alone.actionSpace.sample(random));
      if (JSON.stringify(result.observation) !== observation) break;
      if (result.terminated || result.truncated) alone.reset();
    }
    expect(pixelsOf((context) => alone.render!(context)).equals(before)).toBe(false);
  });
});

test('a scaled context gives a scaled picture', () => {
  const env = makeEnv('Pendulum-v1');
  env.reset({ seed: 1 });
  const small = pictureOf(env);
  const context = createCanvas(800, 800).getContext('2d');
  context.scale(2, 2);
  env.render!(context);
  const [x, y] = small.center('#e1793b');
  const { data } = context.getImageData(Math.round(2 * x), Math.round(2 * y), 1, 1);
  expect([...data]).toEqual([0xe1, 0x79, 0x3b, 255]);
});

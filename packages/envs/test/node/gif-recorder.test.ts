import { EnvError, type Env } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { GifRecorder } from '@gradus/envs/node';
import { createCanvas } from '@napi-rs/canvas';
import { GifReader } from 'omggif';
import { describe, expect, test } from 'vitest';

/** The pixels that are not the same. */
function differences(a: Uint32Array, b: Uint32Array): number[] {
  return [...a.keys()].filter((pixel) => a[pixel] !== b[pixel]);
}

/** Whether a pixel has the colour of those above, below and beside it. */
function isInArea(colors: Uint32Array, pixel: number, width: number): boolean {
  return [-width, -1, 1, width].every((offset) => colors[pixel + offset] === colors[pixel]);
}

describe('a recording', () => {
  test('read by another program has every frame, its delay, and the pixels that were drawn', async () => {
    const env = makeEnv('CartPole-v1');
    const recorder = await GifRecorder.create(env);
    const { width, height } = env.renderFormat!;
    const context = createCanvas(width, height).getContext('2d');
    const drawn: Uint8ClampedArray[] = [];
    const add = (seconds?: number): void => {
      recorder.addFrame(seconds);
      env.render!(context);
      drawn.push(context.getImageData(0, 0, width, height).data);
    };
    env.reset({ seed: 1 });
    add();
    for (let step = 0; step < 7; step++) {
      env.step(1);
      add(step === 6 ? 1.5 : undefined);
    }
    expect(recorder.frames).toBe(8);

    const reader = new GifReader(recorder.finish());
    expect([reader.width, reader.height, reader.numFrames(), reader.loopCount()]).toEqual([width, height, 8, 0]);
    expect(drawn.map((_, frame) => reader.frameInfo(frame).delay)).toEqual([2, 2, 2, 2, 2, 2, 2, 150]);
    const read = new Uint8Array(4 * width * height);
    drawn.forEach((pixels, frame) => {
      const before = read.slice();
      reader.decodeAndBlitFrameRGBA(frame, read);
      // A palette of 256 colours cannot have every shade of the smoothed edges; areas are exact.
      const wrong = differences(new Uint32Array(read.buffer), new Uint32Array(pixels.buffer));
      expect(wrong.length / (width * height)).toBeLessThan(0.005);
      expect(wrong.filter((pixel) => isInArea(new Uint32Array(pixels.buffer), pixel, width))).toEqual([]);
      expect(Buffer.compare(read, before)).not.toBe(0);
    });
  });

  test('is shown as fast as asked for', async () => {
    const env = makeEnv('FrozenLake-v1');
    const delayAt = async (framesPerSecond?: number): Promise<number> => {
      const recorder = await GifRecorder.create(env, { framesPerSecond });
      env.reset({ seed: 0 });
      recorder.addFrame();
      return new GifReader(recorder.finish()).frameInfo(0).delay;
    };
    expect([await delayAt(), await delayAt(10), await delayAt(30), await delayAt(50)]).toEqual([25, 10, 3, 2]);
  });
});

describe('is refused', () => {
  test.each([
    [0, '0'],
    [-1, '-1'],
    [51, '51'],
    [NaN, 'NaN'],
    ['5', '"5"'],
    [5n, '5n'],
    [null, 'null'],
  ])('at %s frames per second', async (pace, text) => {
    const message = `GifRecorder: expected framesPerSecond to be a number in (0, 50], got ${text}`;
    await expect(
      GifRecorder.create(makeEnv('CartPole-v1'), { framesPerSecond: pace as unknown as number }),
    ).rejects.toThrow(new RangeError(message));
  });

  test('with an option of another name, and without an environment', async () => {
    const misspelt = { framePerSecond: 5 } as object;
    await expect(GifRecorder.create(makeEnv('CartPole-v1'), misspelt)).rejects.toThrow(/framePerSecond/);
    for (const env of [undefined, null, {}]) {
      await expect(GifRecorder.create(env as Env)).rejects.toThrow('expected env to be an environment');
    }
    const shapeless = makeEnv('CartPole-v1');
    Object.assign(shapeless, { renderFormat: { width: NaN, height: 400, framesPerSecond: 50 } });
    await expect(GifRecorder.create(shapeless)).rejects.toThrow('width is NaN, expected a positive integer');
  });

  test('where a frame would stay for longer than GIF can say', async () => {
    const env = makeEnv('CartPole-v1');
    await expect(GifRecorder.create(env, { framesPerSecond: 0.001 })).rejects.toThrow(
      new RangeError('1 / framesPerSecond: expected a number of seconds in [0, 655.35], got 1000'),
    );
    const recorder = await GifRecorder.create(env);
    env.reset({ seed: 0 });
    for (const [seconds, text] of [
      [-1, '-1'],
      [NaN, 'NaN'],
      [656, '656'],
      ['1', '"1"'],
      [true, 'true'],
    ]) {
      const message = `seconds: expected a number of seconds in [0, 655.35], got ${text}`;
      expect(() => recorder.addFrame(seconds as number)).toThrow(new RangeError(message));
    }
    expect(recorder.frames).toBe(0);
    recorder.addFrame(655.35);
    expect(new GifReader(recorder.finish()).frameInfo(0).delay).toBe(65_535);
  });

  test('without frames, and with frames after its end', async () => {
    const env = makeEnv('CartPole-v1');
    env.reset({ seed: 0 });
    const recorder = await GifRecorder.create(env);
    expect(() => recorder.finish()).toThrow('finish: expected at least one frame, got none');
    recorder.addFrame();
    const file = recorder.finish();
    expect(() => recorder.addFrame()).toThrow('addFrame: the recording is finished');
    expect(recorder.finish()).toEqual(file);
  });

  test('of an environment that draws nothing', async () => {
    await expect(GifRecorder.create(makeEnv('IdentityBox-v0'))).rejects.toThrow(EnvError);
  });
});

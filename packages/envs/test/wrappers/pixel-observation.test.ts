import { Box, Discrete, EnvError, readNumber, vectorize, type Env, type RenderContext } from '@gradus/core';
import { checkEnv, makeEnv, pixelObservation, timeLimit, type PixelContext } from '@gradus/envs';
import { loadCanvas } from '@gradus/envs/node';
import { describe, expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

/** A canvas that can only be filled as a whole, with a grey. */
function grayCanvas(width: number, height: number): PixelContext {
  let pixel: number[] = [];
  const context: Pick<PixelContext, 'fillStyle' | 'fillRect' | 'getImageData'> = {
    fillStyle: '',
    fillRect: () => {
      const color = typeof context.fillStyle === 'string' ? context.fillStyle : '';
      pixel = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
    },
    getImageData: () => ({ data: Array.from({ length: width * height }, () => [...pixel, 255]).flat() }),
  };
  return context as PixelContext;
}

/** Counts its steps, over all episodes; pictures are as light as its count. Episodes end after three steps. */
function countingEnv(ending: 'terminated' | 'truncated' = 'terminated'): Env {
  let count = 0;
  let steps = 0;
  return {
    observationSpace: new Box(0, 1, [1]),
    actionSpace: new Discrete(2),
    reset({ seed } = {}) {
      if (seed !== undefined) count = 0;
      steps = 0;
      return { observation: [0], info: { count } };
    },
    step() {
      count++;
      const ends = ++steps === 3;
      const flags = { terminated: ends && ending === 'terminated', truncated: ends && ending === 'truncated' };
      return { observation: [0], reward: count, ...flags };
    },
    getState: () => ({ count, steps }),
    setState: (state) => {
      count = readNumber(state, 'count');
      steps = readNumber(state, 'steps');
    },
    renderFormat: { width: 6, height: 4, framesPerSecond: 10 },
    render(context: RenderContext) {
      context.fillStyle = `#${count.toString(16).padStart(2, '0').repeat(3)}`;
      context.fillRect(0, 0, 6, 4);
    },
  };
}

const small = { createContext: grayCanvas, side: 2, frames: 3 };
/** The same three pictures at each of four pixels. */
const everywhere = (...grays: number[]): Float32Array => Float32Array.from([...grays, ...grays, ...grays, ...grays]);

test('shows the last pictures, the oldest first, and after a reset the first one several times', () => {
  const env = pixelObservation(countingEnv(), small);
  expect(env.observationSpace.toString()).toBe('Box(0, 255, [2, 2, 3], uint8)');
  expect(env.reset({ seed: 0 })).toEqual({ observation: everywhere(0, 0, 0), info: { count: 0 } });
  expect(env.step(1)).toEqual({ observation: everywhere(0, 0, 1), reward: 1, terminated: false, truncated: false });
  expect(env.step(1).observation).toEqual(everywhere(0, 1, 2));
  expect(env.step(1)).toEqual({ observation: everywhere(1, 2, 3), reward: 3, terminated: true, truncated: false });
  expect(env.reset().observation).toEqual(everywhere(3, 3, 3));
  expect(env.step(1).observation).toEqual(everywhere(3, 3, 4));
});

test('each pixel has its own pictures side by side', () => {
  const env = pixelObservation(countingEnv(), {
    // Light from the left: the first column of the picture, twice as light.
    createContext: (width, height) => {
      const context = grayCanvas(width, height);
      const read = context.getImageData.bind(context);
      context.getImageData = (...area) => {
        const { data } = read(...area);
        return { data: Array.from(data, (value, k) => (Math.floor(k / 4) % width < width / 2 ? 2 * value : value)) };
      };
      return context;
    },
    side: 2,
    frames: 2,
  });
  env.reset({ seed: 0 });
  env.step(0);
  expect([...(env.step(0).observation as Float32Array)]).toEqual([2, 4, 1, 2, 2, 4, 1, 2]);
});

test('observations that were given do not change', () => {
  const env = pixelObservation(countingEnv(), small);
  const { observation } = env.reset({ seed: 0 });
  env.step(0);
  expect(observation).toEqual(everywhere(0, 0, 0));
});

test.each(['terminated', 'truncated'] as const)(
  'of copies: where an episode was %s, its last picture is kept',
  (ending) => {
    const env = vectorize(() => pixelObservation(countingEnv(ending), small), 2);
    env.reset({ seed: 0 });
    for (let step = 0; step < 3; step++) env.step(Int32Array.of(0, 0));
    expect(env[ending]).toEqual(Uint8Array.of(1, 1));
    expect(env.finalObservations).toEqual(Float32Array.from([...everywhere(1, 2, 3), ...everywhere(1, 2, 3)]));
    expect(env.observations).toEqual(Float32Array.from([...everywhere(3, 3, 3), ...everywhere(3, 3, 3)]));
  },
);

test('keeps the contract of environments, and goes on where it was saved', () => {
  checkEnv(pixelObservation(countingEnv(), small));
});

describe('CartPole-v1 in 84 × 84 pixels', async () => {
  const createContext = await loadCanvas();

  test('keeps the contract of environments', () => {
    const env = pixelObservation(timeLimit(makeEnv('CartPole-v1'), 10), { createContext });
    expect(env.observationSpace.toString()).toBe('Box(0, 255, [84, 84, 4], uint8)');
    checkEnv(env, { steps: 40 });
  });

  test('shows the cart and the pole where they are', () => {
    const env = pixelObservation(makeEnv('CartPole-v1'), { createContext });
    const observation = env.reset({ seed: 1 }).observation as Float32Array;
    const gray = (row: number, column: number): number => observation[4 * (84 * row + column) + 3];
    // Paper #faf8f3, the cart #3f72a6, the pole #e1793b; the picture is 600 × 300, the cart around (300, 206), the pole's middle at (300, 135).
    expect([gray(10, 10), gray(54, 39), gray(37, 41)]).toEqual([248, 105, 145]);
    expect(observation.filter((_, i) => i % 4 === 0)).toEqual(observation.filter((_, i) => i % 4 === 3));
  });
});

test('what draws nothing, or asks for no pixels, is an error', () => {
  const message = 'pixelObservation: expected an environment that draws, got one without render and renderFormat';
  expect(() => pixelObservation(scriptedEnv([]), small)).toThrow(new EnvError(message));
  expect(() => pixelObservation(countingEnv(), { ...small, side: 0 })).toThrow(
    'expected side to be a positive integer, got 0',
  );
  expect(() => pixelObservation(countingEnv(), { ...small, frames: 1.5 })).toThrow(
    'pixelObservation: expected frames to be a positive integer, got 1.5',
  );
});

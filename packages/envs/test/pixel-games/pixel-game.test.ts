import { Box, Discrete, Random, type RandomSource, type SpaceValue } from '@gradus/core';
import { listEnvs, makeEnv, makeVectorEnv, pixelBreakout } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { pixelGame, type PixelGameOptions } from '../../src/pixel-games/pixel-game.ts';
import { scriptedRandom } from '../support/scripted-random.ts';
import { playGame } from './played-game.ts';

/** Does nothing but keep the action done. */
function recorder(options?: PixelGameOptions): ReturnType<typeof pixelGame<'done'>> {
  return pixelGame(
    {
      channels: { none: '#000000' },
      variables: { done: 1 },
      reset({ done }, i) {
        done[i] = NaN;
      },
      step({ done }, i, action) {
        done[i] = action;
      },
      draw() {
        // Shows nothing.
      },
    },
    options,
  );
}

/** What is done in each step when the actions 1, 2, 3, 4, 5, 0, 1, … are asked for. */
function actionsDone(steps: number, random: RandomSource, options?: PixelGameOptions): number[] {
  const play = playGame(recorder(options), {}, random);
  return Array.from({ length: steps }, (_, step) => {
    play.step((step + 1) % 6);
    return play.variable('done')[0];
  });
}

describe('sticky actions', () => {
  test('repeat what was done in the step before, at first nothing', () => {
    const floats = [0.05, 0.5, 0.0999, 0.01, 0.1, 0.9];
    expect(actionsDone(6, scriptedRandom({ floats }))).toEqual([0, 2, 2, 2, 5, 0]);
    expect(actionsDone(6, scriptedRandom({ floats }), { stickyActionProbability: 0.5 })).toEqual([0, 2, 2, 2, 2, 0]);
  });

  test('come with probability 0.1, or what is asked for', () => {
    const steps = 100_000;
    const asked = Array.from({ length: steps }, (_, step) => (step + 1) % 6);
    const frequency = (options?: PixelGameOptions): number =>
      actionsDone(steps, new Random(7), options).filter((action, step) => action !== asked[step]).length / steps;
    // Four standard deviations.
    expect(Math.abs(frequency() - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / steps));
    expect(Math.abs(frequency({ stickyActionProbability: 0.25 }) - 0.25)).toBeLessThan(
      4 * Math.sqrt((0.25 * 0.75) / steps),
    );
    expect(frequency({ stickyActionProbability: 0 })).toBe(0);
  });

  test('do not outlast an episode', () => {
    const game = recorder({ stickyActionProbability: 1 });
    expect(playGame(game, { previousAction: 3 }).variable('previousAction')).toEqual([3]);
    expect(playGame(game).variable('previousAction')).toEqual([0]);
  });

  test.each([-0.1, 1.1, NaN])('with probability %d are refused', (stickyActionProbability) => {
    expect(() => pixelBreakout({ stickyActionProbability })).toThrow(
      `stickyActionProbability: expected a number in [0, 1], got ${stickyActionProbability}`,
    );
  });
});

test('an episode is truncated after 5000 steps', () => {
  expect([recorder().maxEpisodeSteps, recorder({ maxEpisodeSteps: 7 }).maxEpisodeSteps]).toEqual([5000, 7]);
});

test.each([
  ['PixelAsterix-v0', 4],
  ['PixelBreakout-v0', 4],
  ['PixelFreeway-v0', 7],
  ['PixelSeaquest-v0', 10],
  ['PixelSpaceInvaders-v0', 6],
])('%s shows 10 × 10 cells with %i channels and takes six actions', (id, channels) => {
  const { observationSpace, actionSpace } = makeEnv(id);
  expect(observationSpace).toEqual(new Box(0, 1, [10, 10, channels], { dtype: 'uint8' }));
  expect(actionSpace).toEqual(new Discrete(6));
});

const ids = listEnvs().filter((id) => id.startsWith('Pixel'));

test.each(ids)('%s: copies stepped together do what each does alone', (id) => {
  const together = makeVectorEnv(id, 3);
  const { size } = together.observationSpace;
  together.reset({ seed: 11 });
  const alone = [0, 1, 2].map((i) => {
    const env = makeEnv(id);
    env.reset({ seed: 11 + i });
    return env;
  });
  /** As text, since comparing arrays of hundreds of numbers is slow in Vitest. */
  const textOf = (observation: SpaceValue): string => (observation as Float32Array).join('');
  const rowOf = (observations: Float32Array, i: number): string =>
    textOf(observations.subarray(i * size, (i + 1) * size));
  const random = new Random(5);
  for (let step = 0; step < 2600; step++) {
    const actions = Int32Array.from({ length: 3 }, () => random.integer(6));
    together.step(actions);
    for (const [i, env] of alone.entries()) {
      const { observation, reward, terminated, truncated } = env.step(actions[i]);
      const ended = terminated || truncated;
      expect(together.rewards[i]).toBe(reward);
      expect(together.terminated[i]).toBe(Number(terminated));
      expect(together.truncated[i]).toBe(Number(truncated));
      expect(rowOf(ended ? together.finalObservations : together.observations, i)).toBe(textOf(observation));
      if (ended) expect(rowOf(together.observations, i)).toBe(textOf(env.reset().observation));
    }
  }
});

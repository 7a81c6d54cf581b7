import {
  Box,
  Discrete,
  Random,
  actionCounts,
  consecutiveSeeds,
  envFromDynamics,
  type RandomSource,
  type Observation,
  type StateDict,
} from '@gradus/core';
import { breakout, listEnvs, makeEnv, makeVectorEnv, minAtarActions, type MinAtarOptions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { minAtarGame } from '../../src/minatar/minatar-game.ts';
import { scriptedRandom } from '../support/scripted-random.ts';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame } from '../support/played-game.ts';

/** Does nothing but keep the action done. */
function recorder(options?: MinAtarOptions): ReturnType<typeof minAtarGame<'done'>> {
  return minAtarGame(
    {
      name: 'recorder',
      actions: ['nothing', 'left', 'fire'],
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
function actionsDone(steps: number, random: RandomSource, options?: MinAtarOptions): number[] {
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
    const frequency = (options?: MinAtarOptions): number =>
      actionsDone(steps, new Random(7), options).filter((action, step) => action !== asked[step]).length / steps;
    // Four standard deviations.
    expect(Math.abs(frequency() - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / steps));
    expect(Math.abs(frequency({ stickyActionProbability: 0.25 }) - 0.25)).toBeLessThan(
      4 * Math.sqrt((0.25 * 0.75) / steps),
    );
    expect(frequency({ stickyActionProbability: 0 })).toBe(0);
  });

  test('repeat what was done, not what was asked for, into the next episode, but not beyond a seed', () => {
    const floats = [0.5, 0.05, 0.05];
    const random = scriptedRandom({ floats: [...floats, ...floats] });
    const game = recorder();
    const env = envFromDynamics<'done' | 'previousAction', Int32Array>({
      ...game,
      maxEpisodeSteps: 2,
      step: (state, actions, outcome, start, end) => game.step(state, actions, outcome, start, end, [random]),
    });
    const done = (): unknown => (env.getState().state as StateDict).done;
    for (const seed of [undefined, 3]) {
      env.reset({ seed });
      env.step(4);
      env.step(5);
      expect(done()).toEqual(Float64Array.of(4));
      env.reset({ seed });
      env.step(1);
      expect(done()).toEqual(Float64Array.of(seed === undefined ? 4 : 0));
    }
  });

  test.each([-0.1, 1.1, NaN])('with probability %d are refused', (stickyActionProbability) => {
    expect(() => breakout({ stickyActionProbability })).toThrow(
      `breakout: expected stickyActionProbability to be a number in [0, 1], got ${stickyActionProbability}`,
    );
  });
});

test('the minimal actions are those that the game names, and repeated as what they mean', () => {
  const options = { stickyActionProbability: 0.5, minimalActions: true };
  expect(recorder(options).actionSpace).toEqual(new Discrete(3));
  const play = playGame(recorder(options), {}, scriptedRandom({ floats: [0.9, 0.9, 0.1, 0.9] }));
  const done = [1, 2, 0, 0].map((action) => {
    play.step(action);
    return play.variable('done')[0];
  });
  expect(done).toEqual([minAtarActions.left, minAtarActions.fire, minAtarActions.fire, minAtarActions.nothing]);
});

test.each([{ minimalActions: 'false' }, { difficultyRamping: 1 }])('%o is refused', (options) => {
  const [[name, value]] = Object.entries(options);
  expect(() => makeEnv('MinAtar/Breakout-v0', options)).toThrow(
    `breakout: expected ${name} to be true or false, got ${JSON.stringify(value)}`,
  );
});

test('an episode is truncated after as many steps as are asked for, without asking never', () => {
  expect([recorder().maxEpisodeSteps, recorder({ maxEpisodeSteps: 7 }).maxEpisodeSteps]).toEqual([undefined, 7]);
});

test.each([
  ['MinAtar/Asterix', 4, 5],
  ['MinAtar/Breakout', 4, 3],
  ['MinAtar/Freeway', 7, 3],
  ['MinAtar/Seaquest', 10, 6],
  ['MinAtar/SpaceInvaders', 6, 4],
])('%s shows 10 × 10 cells with %i channels and takes six actions, or %i', (name, channels, actions) => {
  for (const [version, count] of [
    ['v0', 6],
    ['v1', actions],
  ] as const) {
    const { observationSpace, actionSpace } = makeEnv(`${name}-${version}`);
    expect(observationSpace).toEqual(new Box(0, 1, [10, 10, channels], { dtype: 'uint8' }));
    expect(actionSpace).toEqual(new Discrete(count));
  }
});

/** Mean return and its standard error of random play, and mean length, in MinAtar. */
test.each([
  ['Asterix', 0.474, 0.026, 69.5],
  ['Breakout', 0.52, 0.016, 11.3],
  ['Freeway', 0.083, 0.036, 2501],
  ['Seaquest', 0.093, 0.015, 30.4],
  ['SpaceInvaders', 3.01, 0.12, 53.3],
])('random play of %s returns %d ± %d in %d steps', (name, mean, error, length) => {
  const random = new Random(1);
  const found = playEpisodes(`MinAtar/${name}-v0`, 1, () => random.integer(6), name === 'Freeway' ? 60 : 1000);
  expect(Math.abs(found.mean - mean)).toBeLessThan(4 * Math.hypot(error, found.error));
  expect(found.length / length).toBeGreaterThan(0.9);
  expect(found.length / length).toBeLessThan(1.1);
});

const ids = listEnvs().filter((id) => /^MinAtar\/.*-v0$/.test(id));

test.each(ids)('%s: copies stepped together do what each does alone', (id) => {
  const together = makeVectorEnv(id, 3);
  const { size } = together.observationSpace;
  const [numActions] = actionCounts(together.actionSpace);
  together.reset({ seed: consecutiveSeeds(11, 3) });
  const alone = [0, 1, 2].map((i) => {
    const env = makeEnv(id);
    env.reset({ seed: 11 + i });
    return env;
  });
  /** As text, since comparing arrays of hundreds of numbers is slow in Vitest. */
  const textOf = (observation: Observation): string => (observation as Float32Array).join('');
  const rowOf = (observations: Float32Array, i: number): string =>
    textOf(observations.subarray(i * size, (i + 1) * size));
  const random = new Random(5);
  for (let step = 0; step < 500; step++) {
    const actions = Int32Array.from({ length: 3 }, () => random.integer(numActions));
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

import { readFileSync } from 'node:fs';
import { NumpyRandom, type Env, type RandomSource, type StateDict } from '@gradus/core';
import { lunarLander } from '@gradus/envs/box2d';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { lunarLanderSimulation } from '../../src/box2d/lunar-lander.ts';
import { largestDifference } from '../support/largest-difference.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** A landing recorded with Gymnasium 1.4.0 and pybox2d 2.3.10, whose numbers are float32. */
interface Landing {
  readonly obs0: readonly number[];
  readonly obs: readonly (readonly number[])[];
  readonly actions: string;
  readonly reward: readonly number[];
  readonly done_at: number;
}

/** Its draws are those of this seed. */
const SEED = 5;
const landing = JSON.parse(
  readFileSync(`${import.meta.dirname}/../fixtures/LunarLander-v3-landing.json`, 'utf8'),
) as Landing;

function observationOf(env: Env, action: number | number[]): number[] {
  return [...(env.step(action).observation as Float32Array)];
}

describe('a landing recorded with Gymnasium', () => {
  test('is the same here within 1e-4 at every step, and ends at the same one', () => {
    const env = lunarLander();
    const differences = [largestDifference(env.reset({ seed: SEED }).observation, landing.obs0)];
    let step = 0;
    for (let isOver = false; !isOver; step++) {
      const { observation, reward, terminated, truncated } = env.step(Number(landing.actions[step]));
      differences.push(largestDifference(observation, landing.obs[step]));
      // A hundred times an observation's.
      expect(Math.abs(reward - landing.reward[step])).toBeLessThan(1e-2);
      isOver = terminated;
      expect(truncated).toBe(false);
    }
    expect(step - 1).toBe(landing.done_at);
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  });

  test('goes on to the same bits from each of its states', () => {
    const env = lunarLander();
    env.reset({ seed: SEED });
    const play = (from: number, to: number): number[][] =>
      Array.from({ length: to - from }, (_, i) => observationOf(env, Number(landing.actions[from + i])));
    play(0, 60);
    const inTheAir = env.getState();
    const first = play(60, 215);
    const onTheGround = env.getState();
    const second = play(215, 226);
    const after = env.reset().observation;

    const other = lunarLander();
    other.setState(onTheGround);
    expect(Array.from(landing.actions.slice(215, 226), (action) => observationOf(other, Number(action)))).toEqual(
      second,
    );
    expect(other.reset().observation).toEqual(after);
    env.setState(inTheAir);
    expect(play(60, 215)).toEqual(first);
  });
});

describe('engines', () => {
  const after = (continuous: boolean, action: number | number[]): number[] => {
    const env = lunarLander({ continuous });
    env.reset({ seed: 1 });
    for (let i = 0; i < 10; i++) env.step(action);
    return observationOf(env, action);
  };

  test('throttles at their ends are the switches', () => {
    expect(after(true, [1, 0])).toEqual(after(false, 2));
    expect(after(true, [0, -1])).toEqual(after(false, 1));
    expect(after(true, [0, 1])).toEqual(after(false, 3));
    expect(after(true, [0, 0])).toEqual(after(false, 0));
  });

  test('below 0 and within ±0.5 nothing burns, beyond ±1 no more than at ±1', () => {
    expect(after(true, [-0.7, 0.5])).toEqual(after(false, 0));
    expect(after(true, [0, -0.5])).toEqual(after(false, 0));
  });

  test('cost 0.3 and 0.03 of a step at full power', () => {
    const rewardOf = (actions: readonly number[]): number => {
      const env = lunarLander({ continuous: true });
      env.reset({ seed: 1 });
      const potential = (observation: ArrayLike<number>): number =>
        -100 * (Math.hypot(observation[0], observation[1]) + Math.hypot(observation[2], observation[3])) -
        100 * Math.abs(observation[4]);
      const before = potential(observationOf(env, [0, 0]));
      const { observation, reward } = env.step(actions);
      return reward - (potential(observation as Float32Array) - before);
    };
    expect(rewardOf([0, 0])).toBeCloseTo(0, 4);
    expect(rewardOf([1, 0])).toBeCloseTo(-0.3, 4);
    expect(rewardOf([0.5, 0])).toBeCloseTo(-0.3 * 0.75, 4);
    expect(rewardOf([0, -0.8])).toBeCloseTo(-0.03 * 0.8, 4);
  });
});

describe('wind', () => {
  /** Draws of a seed, but the wind is where it was told to be. */
  class WindyRandom extends NumpyRandom implements RandomSource {
    override integer(): number {
      return 9_999 + 25;
    }
  }
  const fall = (options: object): number[][] => {
    const episode = lunarLanderSimulation(options).begin(new WindyRandom(3));
    return Array.from({ length: 20 }, () => {
      episode.step([0]);
      return [...episode.observe()];
    });
  };

  test('without power is none', () => {
    expect(fall({ enableWind: true, windPower: 0, turbulencePower: 0 })).toEqual(fall({}));
  });

  test('pushes the lander by force over mass', () => {
    // Hull of 5 kg/m², two legs of 1 kg/m².
    const mass = (5 * 867 + 2 * 64) / 900;
    const calm = fall({});
    const windy = fall({ enableWind: true, windPower: 10, turbulencePower: 0 });
    let speed = 0;
    // The step of the reset has been blown upon too.
    for (let step = -1; step < 20; step++) {
      const time = 25 + step + 1;
      speed += ((10 * Math.tanh(Math.sin(0.02 * time) + Math.sin(Math.PI * 0.01 * time))) / mass) * 0.02;
      if (step < 0) continue;
      const difference = ((windy[step][2] - calm[step][2]) * 50) / 10;
      expect(difference / speed).toBeCloseTo(1, 1);
    }
  });
});

test('falls by gravity until it is told otherwise', () => {
  const drop = (gravity: number): number => {
    const env = lunarLander({ gravity });
    env.reset({ seed: 2 });
    const [first, second] = [observationOf(env, 0), observationOf(env, 0)];
    return ((second[3] - first[3]) * 50) / (400 / 60);
  };
  expect(drop(-10)).toBeCloseTo(-10 / 50, 3);
  expect(drop(-3)).toBeCloseTo(-3 / 50, 3);
});

test('bad actions and options are refused by name, and change nothing', () => {
  const env = lunarLander({ continuous: true });
  env.reset({ seed: 1 });
  const before = env.getState();
  for (const action of [[NaN, 0], [0, Infinity], [0], 'left']) {
    expect(() => env.step(action as number[])).toThrow('action');
  }
  expect(env.getState()).toEqual(before);
  const bad: readonly [string, unknown][] = [
    ['actions', Float64Array.of(NaN, 0)],
    ['actions', Float64Array.of(1)],
    ['actions', new Float64Array(2 * 1001)],
    ['isOver', true],
    ['description', 'lunarLander of another kind'],
  ];
  for (const [name, value] of bad) {
    expect(() => env.setState({ ...before, [name]: value } as StateDict)).toThrow(/state '(actions|description)'/);
    // What it was before.
    expect(env.getState()).toEqual(before);
  }
  expect(() => lunarLander().setState(before)).toThrow("state 'description'");
  expect(() => lunarLander({ gravity: 1 })).toThrow(
    'lunarLander: expected gravity to be a number between -12 and 0, got 1',
  );
  expect(() => lunarLander({ windPower: NaN })).toThrow('windPower');
});

import { Random, linear, vectorize, type VectorEnv } from '@gradus/core';
import { expect, test } from 'vitest';
import { continuousActions } from '../src/continuous-actions.ts';
import { NoiseProcess, type ActionNoise } from '../src/exploration-noise.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

const COPIES = 2;

function copies(): VectorEnv {
  return vectorize(() => new ScriptedEnv(), COPIES);
}

/** What is added to actions 1 and 2.25, the middles of their bounds, at each of `steps` steps, none of which ends an episode: [steps][copies × 2]. */
function noiseOf(noise: ActionNoise, steps: number, seed: number, env = copies()): number[][] {
  const process = new NoiseProcess(noise, env);
  const scale = continuousActions('test', env);
  const random = new Random(seed);
  return Array.from({ length: steps }, () => {
    const actions = Float32Array.of(1, 2.25, 1, 2.25);
    process.addTo(actions, scale, env, random, 0.5);
    return Array.from(actions, (x, i) => (i % 2 === 0 ? x - 1 : x - 2.25));
  });
}

const float32 = 1e-6;

test('normal noise is that of the random stream, in halves of the bounds, and cut off there', () => {
  const noise = noiseOf({ kind: 'gaussian', deviation: linear(0.2, 0.6) }, 50, 7);
  const random = new Random(7);
  for (const row of noise) {
    row.forEach((x, i) => {
      const half = i % 2 === 0 ? 2 : 0.25;
      const drawn = 0.4 * random.normal();
      expect(Math.abs(x - half * Math.min(Math.max(drawn, -1), 1))).toBeLessThan(float32);
    });
  }
  expect(noise.flat().some((x) => Math.abs(Math.abs(x) - 0.25) < float32)).toBe(true);
});

test("Ornstein and Uhlenbeck's noise follows its recursion from 0 with the constants θ = 0.15, μ = 0, σ = 0.2, times 0.1", () => {
  const noise = noiseOf({ kind: 'ornstein-uhlenbeck' }, 50, 7);
  const random = new Random(7);
  const x = [0, 0, 0, 0];
  for (const row of noise) {
    row.forEach((added, i) => {
      x[i] = x[i] + 0.15 * (0 - x[i]) + 0.2 * random.normal();
      expect(Math.abs(added - (i % 2 === 0 ? 2 : 0.25) * 0.1 * x[i])).toBeLessThan(float32);
    });
  }
});

test('its stationary mean, variance and correlation are those of the recursion', () => {
  // x′ = (1 − θ Δt) x + θ μ Δt + σ √Δt ε has mean μ, variance σ² Δt / (1 − (1 − θ Δt)²) and a correlation of 1 − θ Δt from step to step.
  const process = {
    kind: 'ornstein-uhlenbeck',
    reversion: 0.5,
    mean: 0.1,
    deviation: 0.3,
    timeStep: 0.25,
    scale: 0.5,
  } as const;
  const n = 40_000;
  const x = noiseOf(process, n, 3).map(([first]) => first / 2 / 0.5);
  const kept = 1 - 0.5 * 0.25;
  const variance = (0.09 * 0.25) / (1 - kept * kept);
  const mean = x.reduce((sum, each) => sum + each, 0) / n;
  const moment = (lag: number): number =>
    x.slice(lag).reduce((sum, each, t) => sum + (each - mean) * (x[t] - mean), 0) / (n - lag);
  // Four standard errors: the mean of n numbers with these correlations has the variance σ² (1 + ρ) / (1 − ρ) / n, the variance twice that of ρ².
  expect(Math.abs(mean - 0.1)).toBeLessThan(4 * Math.sqrt((variance * (1 + kept)) / (1 - kept) / n));
  const spread = Math.sqrt((2 * (1 + kept * kept)) / (1 - kept * kept) / n);
  expect(Math.abs(moment(0) / variance - 1)).toBeLessThan(4 * spread);
  expect(Math.abs(moment(1) / moment(0) - kept)).toBeLessThan(4 * Math.sqrt((1 - kept * kept) / n));
});

test('it begins anew in a copy whose episode has ended, and only there', () => {
  const env = copies();
  const flags = { terminated: new Uint8Array(COPIES), truncated: new Uint8Array(COPIES) };
  const noise = new NoiseProcess(
    { kind: 'ornstein-uhlenbeck', deviation: 0, initial: 0.8, reversion: 0.5, scale: 1 },
    env,
  );
  const scale = continuousActions('test', env);
  const add = (): number[] => {
    const actions = Float32Array.of(1, 2.25, 1, 2.25);
    noise.addTo(actions, scale, flags, new Random(0), 0);
    return Array.from(actions, (x, i) => Math.fround(i % 2 === 0 ? (x - 1) / 2 : (x - 2.25) / 0.25)).map((x) =>
      Number(x.toFixed(6)),
    );
  };
  expect(add()).toEqual([0.4, 0.4, 0.4, 0.4]);
  expect(add()).toEqual([0.2, 0.2, 0.2, 0.2]);
  flags.terminated[1] = 1;
  expect(add()).toEqual([0.1, 0.1, 0.4, 0.4]);
  flags.terminated[1] = 0;
  flags.truncated[0] = 1;
  expect(add()).toEqual([0.4, 0.4, 0.2, 0.2]);
});

test('none draws nothing', () => {
  const random = new Random(1);
  const process = new NoiseProcess(null, copies());
  const actions = Float32Array.of(1, 2, 1, 2);
  process.addTo(actions, continuousActions('test', copies()), copies(), random, 0);
  expect([...actions]).toEqual([1, 2, 1, 2]);
  expect(random.nextFloat()).toBe(new Random(1).nextFloat());
});

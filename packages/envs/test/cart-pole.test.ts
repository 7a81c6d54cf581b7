import { Random, envFromDynamics, vectorEnvFromDynamics, type StateDict } from '@gradus/core';
import { cartPole } from '@gradus/envs';
import { expect, test } from 'vitest';

/** One step as the equations are written in Gymnasium, with Math.sin and Math.cos. */
function reference([x, v, theta, omega]: number[], action: number): number[] {
  const force = action === 1 ? 10 : -10;
  const push = (force + 0.05 * omega ** 2 * Math.sin(theta)) / 1.1;
  const angular =
    (9.8 * Math.sin(theta) - Math.cos(theta) * push) / (0.5 * (4 / 3 - (0.1 * Math.cos(theta) ** 2) / 1.1));
  const linear = push - (0.05 * angular * Math.cos(theta)) / 1.1;
  return [x + 0.02 * v, v + 0.02 * linear, theta + 0.02 * omega, omega + 0.02 * angular];
}

test('polynomials are as good as Math.sin and Math.cos, also beyond the angles that play reaches', () => {
  const random = new Random(1);
  const dynamics = cartPole();
  const outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  for (let k = 0; k < 5000; k++) {
    const start = [random.normal(), random.normal(), random.uniform(-0.4, 0.4), random.normal()];
    const [position, velocity, angle, angularVelocity] = start.map((value) => Float64Array.of(value));
    const action = random.integer(2);
    dynamics.step({ position, velocity, angle, angularVelocity }, Int32Array.of(action), outcome, 0, 1, []);
    const expected = reference(start, action);
    [position, velocity, angle, angularVelocity].forEach(([value], j) => {
      // The rounding of a dozen operations, no more.
      expect(Math.abs(value - expected[j])).toBeLessThanOrEqual(2 ** -51 * Math.max(1, Math.abs(expected[j])));
    });
  }
});

test.each([
  ['position', 2.39, 1, 1],
  ['position', -2.39, -1, 1],
  ['position', 2.39, 0.4, 0],
  ['angle', 0.2094, 1, 1],
  ['angle', -0.2094, -1, 1],
  ['angle', 0.209, 0.01, 0],
])('from %s %d at speed %d: terminated = %i', (variable, value, speed, terminated) => {
  const env = envFromDynamics(cartPole());
  env.reset({ seed: 0 });
  const saved = env.getState();
  const zero = Float64Array.of(0);
  const state: StateDict = { position: zero, velocity: zero, angle: zero, angularVelocity: zero };
  const rate = variable === 'position' ? 'velocity' : 'angularVelocity';
  env.setState({ ...saved, state: { ...state, [variable]: Float64Array.of(value), [rate]: Float64Array.of(speed) } });
  const result = env.step(1);
  expect(result.terminated).toBe(terminated === 1);
  expect(result.reward).toBe(1);
});

test('starts uniformly in ±0.05', () => {
  const env = vectorEnvFromDynamics(cartPole(), 2000);
  env.reset({ seed: 3 });
  const { observations } = env;
  expect(Math.max(...observations)).toBeLessThanOrEqual(Math.fround(0.05));
  expect(Math.min(...observations)).toBeGreaterThanOrEqual(Math.fround(-0.05));
  for (let j = 0; j < 4; j++) {
    const column = observations.filter((_, k) => k % 4 === j);
    const mean = column.reduce((sum, value) => sum + value, 0) / 2000;
    const variance = column.reduce((sum, value) => sum + value * value, 0) / 2000;
    expect(Math.abs(mean)).toBeLessThan((4 * 0.05) / Math.sqrt(3 * 2000));
    expect(Math.abs(variance / (0.05 ** 2 / 3) - 1)).toBeLessThan(0.1);
  }
});

test('random play lasts 22 steps on average, as it does in Gymnasium', () => {
  const n = 200;
  const env = vectorEnvFromDynamics(cartPole(), n);
  const random = new Random(9);
  env.reset({ seed: 0 });
  const lengths: number[] = [];
  for (let step = 0; step < 500; step++) {
    env.step(Int32Array.from({ length: n }, () => random.integer(2)));
    env.terminated.forEach((ended, i) => {
      if (ended) lengths.push(env.episodeLengths[i]);
    });
  }
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  expect(lengths.length).toBeGreaterThan(4000);
  expect(Math.abs(mean - 22.2)).toBeLessThan(0.8);
});

import { describe, expect, test } from 'vitest';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import type { Env, StepResult } from '../../src/environments/env.ts';
import { EnvError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';
import { Box, Discrete, type Space } from '../../src/spaces/spaces.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import { asVectorEnv, vectorize } from '../../src/environments/vectorize.ts';
import { counting } from '../counting.ts';

/** The least that a user has to write; what `step` returns can be changed. */
class Walk implements Env<number[], number> {
  readonly observationSpace: Space = new Box(-3, 3, [1]);
  readonly actionSpace: Space = new Discrete(2);
  private position = 0;
  private readonly change: Partial<StepResult<number[]>>;

  constructor(change: Partial<StepResult<number[]>> = {}) {
    this.change = change;
  }

  reset(): { observation: number[] } {
    this.position = 0;
    return { observation: [0] };
  }

  step(action: number): StepResult<number[]> {
    this.position += action === 1 ? 1 : -1;
    const terminated = Math.abs(this.position) === 3;
    return { observation: [this.position], reward: this.position, terminated, truncated: false, ...this.change };
  }
}

test('is the same as the batched environment of the same dynamics', () => {
  const batched = vectorEnvFromDynamics(counting(9), 4);
  const vectorized = vectorize(() => envFromDynamics(counting(9)), 4);
  const random = new Random(3);
  batched.reset({ seed: 11 });
  vectorized.reset({ seed: 11 });
  for (let step = 0; step < 100; step++) {
    const actions = Int32Array.from({ length: 4 }, () => random.integer(3));
    batched.step(actions);
    vectorized.step(actions);
    for (const name of ['observations', 'finalObservations', 'rewards', 'terminated', 'truncated'] as const) {
      expect(vectorized[name], name).toEqual(batched[name]);
    }
    expect(vectorized.episodeReturns).toEqual(batched.episodeReturns);
    expect(vectorized.episodeLengths).toEqual(batched.episodeLengths);
  }
  // And goes on so from a saved state.
  const restored = vectorize(() => envFromDynamics(counting(9)), 4);
  restored.setState(vectorized.getState());
  for (let step = 0; step < 30; step++) {
    const actions = Int32Array.from({ length: 4 }, () => random.integer(3));
    batched.step(actions);
    restored.step(actions);
    expect(restored.observations).toEqual(batched.observations);
    expect(restored.episodeReturns).toEqual(batched.episodeReturns);
  }
});

test("the next episode's first observation never becomes part of the last transition", () => {
  const env = vectorize(() => new Walk(), 2);
  env.reset();
  for (let step = 0; step < 3; step++) env.step(Int32Array.of(1, 0));
  expect(env.terminated).toEqual(Uint8Array.of(1, 1));
  expect(env.finalObservations).toEqual(Float32Array.of(3, -3));
  expect(env.observations).toEqual(Float32Array.of(0, 0));
  expect(env.episodeReturns).toEqual(Float64Array.of(6, -6));
  env.step(Int32Array.of(1, 1));
  expect(env.episodeReturns).toEqual(Float64Array.of(1, 1));
  expect(env.episodeLengths).toEqual(Int32Array.of(1, 1));
});

describe('breaches are named', () => {
  test.each<[string, Partial<StepResult<number[]>>]>([
    ['observation of environment 1 has NaN at [0], expected a finite number', { observation: [NaN] }],
    ['observation of environment 1 has 2 elements, expected 1', { observation: [0, 0] }],
    ['reward of environment 1 is NaN, expected a finite number', { reward: NaN }],
    ['terminated and truncated of environment 1 are 1 and false', { terminated: 1 as unknown as boolean }],
  ])('%s', (message, change) => {
    const env = vectorize((index) => new Walk(index === 1 ? change : {}), 2);
    env.reset();
    expect(() => env.step(Int32Array.of(0, 0))).toThrow(message);
    expect(() => env.step(Int32Array.of(0, 0))).toThrow(EnvError);
  });

  test('actions outside the space, also outside the bounds of a box', () => {
    const env = vectorize(() => new Walk(), 2);
    expect(() => env.step(Int32Array.of(0, 0))).toThrow('expected a call of reset first');
    env.reset();
    expect(() => env.step(Int32Array.of(0, 2))).toThrow('action of environment 1 is 2, expected an integer in [0, 1]');
    const continuous = vectorize(() => Object.assign(new Walk(), { actionSpace: new Box(-1, 1, [1]) }), 1);
    continuous.reset();
    expect(() => continuous.step(Float32Array.of(1.5))).toThrow('has 1.5 at [0], expected a number in [-1, 1]');
  });

  test.each([0.5, 4, -1])('an observation of %d where bytes from 0 to 3 are promised', (observation) => {
    const observationSpace = new Box(0, 3, [1], { dtype: 'uint8' });
    const env = vectorize(() => Object.assign(new Walk({ observation: [observation] }), { observationSpace }), 1);
    env.reset();
    expect(() => env.step(Int32Array.of(0))).toThrow(
      new EnvError(`observation of environment 0 has ${observation} at [0], expected an integer in [0, 3]`),
    );
  });

  test('saving environments that cannot be saved', () => {
    const env = vectorize(() => new Walk(), 1);
    env.reset();
    expect(() => env.getState()).toThrow('the environment needs the methods getState and setState');
  });
});

test('asVectorEnv makes one copy of a single environment and leaves others alone', () => {
  const walk = new Walk();
  const env = asVectorEnv(walk);
  env.reset();
  env.step(Int32Array.of(1));
  expect(env.numEnvs).toBe(1);
  expect(env.observations).toEqual(Float32Array.of(1));
  expect(asVectorEnv(env)).toBe(env);
});

describe('copies that are none', () => {
  test('one object twice', () => {
    const walk = new Walk();
    expect(() => vectorize((i) => (i === 1 ? new Walk() : walk), 4)).toThrow(
      new EnvError('vectorize: environments 0 and 2 are one object, expected makeEnv to make a new one each time'),
    );
  });

  test.each<[string, object, string]>([
    ['observations', { observationSpace: new Box(-4, 3, [1]) }, 'Box(-4, 3, [1]) and Discrete(2) in environment 1'],
    ['actions', { actionSpace: new Discrete(2, 1) }, 'Box(-3, 3, [1]) and Discrete(2, start 1) in environment 1'],
  ])('other spaces of %s', (_, change, got) => {
    expect(() => vectorize((i) => (i === 0 ? new Walk() : Object.assign(new Walk(), change)), 2)).toThrow(
      `vectorize: expected the spaces of environment 0 in all, Box(-3, 3, [1]) and Discrete(2), got ${got}`,
    );
  });

  test('masks of some', () => {
    const masked = (): Env => Object.assign(new Walk(), { actionMask: () => Uint8Array.of(1, 1) });
    expect(() => vectorize((i) => (i === 1 ? masked() : new Walk()), 2)).toThrow(
      'expected actionMask in all environments or in none',
    );
  });
});

test('close reaches every environment', () => {
  let closed = 0;
  const env = vectorize(() => Object.assign(new Walk(), { close: () => closed++ }), 3);
  env.close();
  expect(closed).toBe(3);
});

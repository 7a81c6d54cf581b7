import { describe, expect, test } from 'vitest';
import { dynamicsFromTable } from '../../src/environments/dynamics-from-table.ts';
import type { Dynamics } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import type { Env } from '../../src/environments/env.ts';
import { Random } from '../../src/random/random.ts';
import { Box } from '../../src/spaces/spaces.ts';
import { TransitionTable } from '../../src/environments/transition-table.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import type { VectorEnv } from '../../src/environments/vector-env.ts';
import { vectorize } from '../../src/environments/vectorize.ts';
import { counting } from '../counting.ts';

const STATES = 6;

/** A ring of six states with steps of 1 – 3, ended after four steps. Action a is advised against where a = state mod 3. */
function ring(): Dynamics {
  const table = new TransitionTable({
    numStates: STATES,
    numActions: 3,
    initialDistribution: new Array<number>(STATES).fill(1 / STATES),
    outcomes: (state, action) => [
      { probability: 1, nextState: (state + action + 1) % STATES, reward: 1, terminated: false },
    ],
  });
  const actionMasks = Uint8Array.from({ length: 3 * STATES }, (_, pair) =>
    pair % 3 === Math.floor(pair / 3) % 3 ? 0 : 1,
  );
  return dynamicsFromTable(table, { maxEpisodeSteps: 4, actionMasks });
}

function maskOf(state: number): number[] {
  return [0, 1, 2].map((action) => (action === state % 3 ? 0 : 1));
}

test('a single environment gives the mask of the observation it gave last, as a new array each time', () => {
  const env = envFromDynamics(ring());
  const random = new Random(1);
  let { observation } = env.reset({ seed: 2 });
  const masks: Uint8Array[] = [];
  for (let step = 0; step < 40; step++) {
    masks.push(env.actionMask!());
    expect([...masks[step]]).toEqual(maskOf(observation as number));
    // Masked actions are taken as well.
    const result = env.step(random.integer(3));
    observation = result.observation;
    expect([...env.actionMask!()]).toEqual(maskOf(observation as number));
    if (result.truncated) observation = env.reset().observation;
  }
  expect(new Set(masks).size).toBe(40);
});

describe.each<[string, (n: number) => VectorEnv]>([
  ['vectorEnvFromDynamics', (n) => vectorEnvFromDynamics(ring(), n)],
  ['vectorize', (n) => vectorize(() => envFromDynamics(ring()), n)],
])('%s', (_, create) => {
  test('masks belong to `observations`: after reset, after steps, and where an episode has just begun', () => {
    const env = create(5);
    const { actionMasks } = env;
    const random = new Random(3);
    env.reset({ seed: 4 });
    let ended = 0;
    for (let step = 0; step < 40; step++) {
      expect([...actionMasks!]).toEqual(Array.from(env.observations).flatMap(maskOf));
      env.step(Int32Array.from({ length: 5 }, () => random.integer(3)));
      ended += env.truncated[0];
    }
    expect(ended).toBe(10);
    expect(env.actionMasks).toBe(actionMasks);
  });

  test('a saved state brings the masks back', () => {
    const env = create(3);
    env.reset({ seed: 5 });
    env.step(Int32Array.of(0, 1, 2));
    const masks = env.actionMasks!.slice();
    const state = env.getState();
    const other = create(3);
    other.setState(state);
    expect(other.actionMasks).toEqual(masks);
  });
});

test('environments without masks have none', () => {
  expect(typeof envFromDynamics(counting()).actionMask).toBe('undefined');
  expect(vectorEnvFromDynamics(counting(), 2).actionMasks).toBeUndefined();
  expect(vectorize(() => envFromDynamics(counting()), 2).actionMasks).toBeUndefined();
});

test('masks that do not fit are named', () => {
  const broken: Env = { ...fields(envFromDynamics(ring())), actionMask: () => new Uint8Array(2) };
  expect(() => {
    vectorize(() => broken, 1).reset();
  }).toThrow('action mask of environment 0 has 2 elements, expected 3');
  const continuous = { ...ring(), actionSpace: new Box(-1, 1, [3]) };
  for (const create of [() => envFromDynamics(continuous), () => vectorEnvFromDynamics(continuous, 2)]) {
    expect(create).toThrow('action masks: expected Discrete or MultiDiscrete actions, got Box(-1, 1, [3])');
  }
});

function fields(env: Env): Env {
  const { observationSpace, actionSpace } = env;
  return { observationSpace, actionSpace, reset: (options) => env.reset(options), step: (action) => env.step(action) };
}

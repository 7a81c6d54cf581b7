import { Random, createActions, vectorize, writeRow, type Env, type VectorEnv } from '@gradus/core';
import {
  checkEnv,
  clipAction,
  frameStack,
  hideElements,
  makeEnv,
  makeVectorEnv,
  maskActions,
  normalizeObservation,
  normalizeReward,
  recordEpisodeStatistics,
  rescaleAction,
  timeLimit,
  transformReward,
} from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const wrappers: Record<string, readonly [id: string, wrap: (env: Env) => Env]> = {
  timeLimit: ['CartPole-v1', (env) => timeLimit(env, 13)],
  normalizeObservation: ['Pendulum-v1', (env) => normalizeObservation(env)],
  normalizeReward: ['Pendulum-v1', (env) => normalizeReward(env)],
  clipAction: ['Pendulum-v1', clipAction],
  rescaleAction: ['Pendulum-v1', (env) => rescaleAction(env, -1, 1)],
  frameStack: ['CartPole-v1', (env) => frameStack(env, 3)],
  'frameStack of integers': ['IdentityMultiDiscrete-v0', (env) => frameStack(env, 4)],
  hideElements: ['Acrobot-v1', (env) => hideElements(env, [4, 5])],
  recordEpisodeStatistics: ['Acrobot-v1', recordEpisodeStatistics],
  transformReward: ['Acrobot-v1', (env) => transformReward(env, (reward) => 10 * reward + 1)],
  maskActions: ['IdentityDiscrete-v0', (env) => maskActions(env, (target) => [1, 1, 0, Number(target === 3)])],
  'one in another': ['CartPole-v1', (env) => frameStack(normalizeObservation(normalizeReward(timeLimit(env, 20))), 2)],
};

describe.each(Object.entries(wrappers))('%s', (_, [id, wrap]) => {
  test('keeps the contract of environments', () => {
    checkEnv(forgetful(wrap(makeEnv(id))), { steps: 600 });
  });

  test('copies of it go on exactly where they were saved', () => {
    expectExactResume(() => vectorize(() => wrap(makeEnv(id)), 3));
  });
});

const vectorWrappers: Record<string, readonly [id: string, wrap: (env: VectorEnv) => VectorEnv]> = {
  normalizeObservation: ['CartPole-v1', (env) => normalizeObservation(env)],
  normalizeReward: ['CartPole-v1', (env) => normalizeReward(env)],
  frameStack: ['CartPole-v1', (env) => frameStack(env, 3)],
  hideElements: ['CartPole-v1', (env) => hideElements(env, [1, 3])],
  'one in another': ['CartPole-v1', (env) => frameStack(normalizeObservation(normalizeReward(env)), 2)],
};

test.each(Object.entries(vectorWrappers))('%s of a VectorEnv goes on exactly where it was saved', (_, [id, wrap]) => {
  expectExactResume(() => wrap(makeVectorEnv(id, 3)));
});

test('what an environment cannot do, it cannot do in a wrapper', () => {
  const { observationSpace, actionSpace } = scriptedEnv([]);
  const reset = () => ({ observation: [0] });
  const step = () => ({ observation: [0], reward: 0, terminated: false, truncated: false });
  const wrapped = timeLimit({ observationSpace, actionSpace, reset, step }, 5);
  expect(['getState', 'setState', 'render', 'renderFormat', 'actionMask'].filter((name) => name in wrapped)).toEqual(
    [],
  );
});

/** Normalizing wrappers keep their statistics when they are seeded; this one puts them back to where they were at first. */
function forgetful(env: Env): Env {
  env.reset({ seed: 0 });
  const initial = env.getState!();
  return {
    ...env,
    reset(options = {}) {
      if (options.seed !== undefined) env.setState!(initial);
      return env.reset(options);
    },
  };
}

/** 300 steps, then as many again: by the same environment, and by a new one with the state that it had between. */
function expectExactResume(make: () => VectorEnv): void {
  const env = make();
  env.reset({ seed: 1 });
  play(env, 300, 1);
  const state = env.getState();
  const expected = play(env, 300, 2);
  const other = make();
  other.reset({ seed: 99 });
  play(other, 50, 3);
  other.setState(state);
  expect(play(other, 300, 2)).toEqual(expected);
}

function play(env: VectorEnv, steps: number, seed: number): unknown[] {
  const random = new Random(seed);
  const actions = createActions(env.actionSpace, env.numEnvs);
  const trace: unknown[] = [[...env.observations]];
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < env.numEnvs; i++) writeRow(env.actionSpace, env.actionSpace.sample(random), actions, i);
    env.step(actions);
    trace.push([env.observations, env.rewards, env.terminated, env.truncated].map((array) => [...array]));
    env.terminated.forEach((terminated, i) => {
      const size = env.observationSpace.size;
      if (terminated || env.truncated[i]) trace.push([...env.finalObservations.subarray(i * size, (i + 1) * size)]);
    });
  }
  return trace;
}

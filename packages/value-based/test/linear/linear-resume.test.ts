import { evaluate, linear, type Checkpoint, type Env, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { LinearQLearning, LinearSarsa } from '@gradus/value-based';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly create: (env: Env | VectorEnv, seed: number) => LinearSarsa | LinearQLearning;
  readonly restore: (checkpoint: Checkpoint, env: Env | VectorEnv) => LinearSarsa | LinearQLearning;
}
const runs: Record<string, Run> = {
  'SARSA(λ), tiles': {
    make: () => makeEnv('MountainCar-v0', { maxEpisodeSteps: 130 }),
    create: (env, seed) =>
      new LinearSarsa(env, {
        seed,
        gamma: 1,
        lambda: 0.9,
        traces: 'replacing',
        epsilon: linear(0.5, 0),
        alpha: linear(0.1, 0.01),
      }),
    restore: (checkpoint, env) => LinearSarsa.restore(checkpoint, env),
  },
  'SARSA, cosines': {
    make: () => makeVectorEnv('MountainCar-v0', 1, { maxEpisodeSteps: 130 }),
    create: (env, seed) => new LinearSarsa(env, { seed, features: { kind: 'fourier', order: 3 }, alpha: 0.01 }),
    restore: (checkpoint, env) => LinearSarsa.restore(checkpoint, env),
  },
  'Q-learning, one-hot': {
    make: () => makeEnv('Taxi-v4'),
    create: (env, seed) => new LinearQLearning(env, { seed, features: { kind: 'one-hot' }, epsilon: linear(1, 0) }),
    restore: (checkpoint, env) => LinearQLearning.restore(checkpoint, env),
  },
};
const STEPS = 1250;

/** Learns up to step `until` of a training of `STEPS`; the metrics on the way, but for the speed. */
function learn(agent: LinearSarsa | LinearQLearning, until: number = STEPS): object[] {
  const metrics: object[] = [];
  for (const progress of agent.learn({ steps: STEPS })) {
    metrics.push({ ...progress.metrics, 'time/steps_per_second': 0, step: progress.step });
    if (progress.step >= until) break;
  }
  return metrics;
}

describe.each(Object.entries(runs))('%s', (_, { make, create, restore }) => {
  test('the same seed gives the same bits', () => {
    const [first, second, other] = [7, 7, 8].map((seed) => create(make(), seed));
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.values.weights).not.toEqual(first.values.weights);
  });

  test('stopped within an episode, saved to disk and resumed is the same as not interrupted, bit for bit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradus-linear-'));
    try {
      const whole = create(make(), 7);
      const metrics = learn(whole);
      const begun = create(make(), 7);
      const before = learn(begun, 600);
      await saveCheckpoint(join(folder, 'agent'), begun.checkpoint());
      const resumed = restore(await loadCheckpoint(join(folder, 'agent')), make());
      expect(resumed.step).toBe(600);
      expect([...before, ...learn(resumed)]).toEqual(metrics);
      expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
      const [again, expected] = [resumed, whole].map((agent) => evaluate(agent, make(), { episodes: 2, seed: 3 }));
      expect(again).toEqual(expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('acting changes nothing of what is learned', () => {
    const agent = create(make(), 7);
    learn(agent, 600);
    const before = agent.checkpoint();
    evaluate(agent, make(), { episodes: 1, seed: 1 });
    expect(agent.checkpoint()).toStrictEqual(before);
  });
});

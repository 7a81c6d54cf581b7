import { describe, expect, test, vi } from 'vitest';
import { CheckpointError } from '../../src/errors.ts';
import type { Env } from '../../src/environments/env.ts';
import { linear } from '../../src/training/schedules.ts';
import { Discrete } from '../../src/spaces/spaces.ts';
import { TrainingEnv, openCheckpoint, plainState } from '../../src/training/training-env.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import type { VectorEnv } from '../../src/environments/vector-env.ts';
import { spawnSeed, streams } from '../../src/random/seed-sequence.ts';
import { asVectorEnv, vectorize } from '../../src/environments/vectorize.ts';
import { counting } from '../counting.ts';
import { fakeAgent } from '../fake-agent.ts';
import type { Checkpoint } from '../../src/checkpoints/checkpoint.ts';

const makeEnv = (): VectorEnv => vectorEnvFromDynamics(counting(10), 2);
/** An environment as users write them: without getState and setState. */
const stateless: Env = {
  observationSpace: new Discrete(2),
  actionSpace: new Discrete(2),
  reset: () => ({ observation: 0 }),
  step: () => ({ observation: 1, reward: 1, terminated: false, truncated: false }),
};

function play(env: VectorEnv, steps: number): number[] {
  return Array.from({ length: steps }, (_, t) => {
    env.step(Int32Array.of(t % 3, (t + 1) % 3));
    return [...env.observations, ...env.rewards];
  }).flat();
}

test('begin resets with the seed, once', () => {
  const [env, other] = [makeEnv(), makeEnv()];
  const training = new TrainingEnv(env, 5);
  training.begin(100);
  other.reset({ seed: 5 });
  expect(env.observations).toEqual(other.observations);
  play(env, 3);
  training.begin(100);
  play(other, 3);
  expect(env.observations).toEqual(other.observations);
});

test('a restored environment goes on where it was', () => {
  const env = makeEnv();
  const training = new TrainingEnv(env, 5);
  training.begin(100);
  play(env, 7);
  const state = training.getState();
  const expected = play(env, 30);

  const restored = makeEnv();
  const again = new TrainingEnv(restored, 99);
  again.setState(state);
  again.begin(100);
  expect(play(restored, 30)).toEqual(expected);
});

test('what was saved before training begins as if new', () => {
  const state = new TrainingEnv(makeEnv(), 5).getState();
  const env = makeEnv();
  const again = new TrainingEnv(env, 5);
  again.setState(state);
  again.begin(100);
  const other = makeEnv();
  other.reset({ seed: 5 });
  expect(env.observations).toEqual(other.observations);
});

describe('an environment without getState', () => {
  const begun = (): TrainingEnv => {
    const training = new TrainingEnv(asVectorEnv(stateless), 0);
    training.begin(100);
    return training;
  };

  test('can be saved, and goes on with new episodes, as one that had another number of copies', () => {
    for (const [saved, copies] of [
      [begun(), asVectorEnv(stateless)],
      [begun(), vectorize(() => ({ ...stateless }), 3)],
    ] as const) {
      const restored = new TrainingEnv(copies, 0);
      expect(restored.resumed).toBeUndefined();
      saved.recorder.step = 7;
      restored.setState(saved.getState());
      expect([restored.resumed, restored.recorder.step]).toEqual(['with new episodes', 7]);
      const reset = vi.spyOn(copies, 'reset');
      restored.begin(100);
      restored.begin(100);
      // Not with the episodes of the beginning, and other ones at another step.
      expect(reset.mock.calls).toEqual([[{ seed: spawnSeed(0, streams.resumption, 7) }]]);
    }
  });

  test('says where there is nothing to do', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const training = begun();
    training.recorder.step = 100;
    training.begin(100);
    expect(warn.mock.calls).toEqual([
      [
        'learn: nothing to do, since 100 steps are done; steps: 100 counts from the first one, moreSteps from the present one',
      ],
    ]);
    warn.mockRestore();
  });

  test('other errors of getState are not swallowed', () => {
    const broken = { ...stateless, getState: () => JSON.parse('{') as never, setState: () => undefined };
    const training = new TrainingEnv(asVectorEnv(broken), 0);
    training.begin(100);
    expect(() => training.getState()).toThrow(SyntaxError);
  });
});

test('plainState keeps schedules and lists, and shares nothing', () => {
  const options = { learningRate: linear(1, 0), hidden: [64, 64], targetKl: null, seed: 3 };
  const plain = plainState(options);
  expect(plain).toEqual(options);
  expect(plain.hidden).not.toBe(options.hidden);
});

test('openCheckpoint names a foreign algorithm and a missing file', () => {
  const checkpoint = { algorithm: 'ppo', state: { step: 1 }, files: { 'a.bin': Uint8Array.of(1) } };
  const { state, file } = openCheckpoint(checkpoint, 'ppo');
  expect([state, file('a.bin')]).toEqual([{ step: 1 }, Uint8Array.of(1)]);
  expect(() => file('b.bin')).toThrow(new CheckpointError("checkpoint: file 'b.bin' is missing"));
  expect(() => openCheckpoint(checkpoint, 'dqn')).toThrow(
    new CheckpointError("checkpoint: expected algorithm 'dqn', got 'ppo'"),
  );
  const wrong: readonly (readonly [unknown, string])[] = [
    ['runs/1', 'got "runs/1": loadCheckpoint reads one'],
    [Promise.resolve(checkpoint), 'got a Promise'],
    [fakeAgent(), 'got an agent: its checkpoint() makes one'],
    [undefined, 'got undefined'],
  ];
  for (const [given, got] of wrong) {
    expect(() => openCheckpoint(given as Checkpoint, 'ppo')).toThrow(
      new CheckpointError(`checkpoint: expected algorithm, state and files, ${got}`),
    );
  }
});

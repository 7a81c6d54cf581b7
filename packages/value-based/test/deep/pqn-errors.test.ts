import { Box, CheckpointError, Discrete, EnvError, type Checkpoint, type Env, type StepResult } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Pqn, type PqnOptions } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';

const small: Partial<PqnOptions> = { hidden: [4], steps: 16, batchSize: 8 };

/** An environment as users write them, which returns `result` at its tenth step, and has these masks from then on. */
function userEnv(result: Partial<StepResult> = {}, masks?: readonly number[]): Env {
  let steps = 0;
  return {
    observationSpace: new Box(-1, 1, [2]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: [0, 0] }),
    step: () => {
      const usual = { observation: [0.5, 0.5], reward: 1, terminated: false, truncated: false };
      return ++steps === 10 ? { ...usual, ...result } : usual;
    },
    ...(masks && { actionMask: () => Uint8Array.from(steps < 10 ? [1, 1] : masks) }),
  };
}

describe('options', () => {
  const make = (options: object) => () => new Pqn(makeVectorEnv('CartPole-v1', 2), options);

  test('unknown', () => {
    expect(make({ epoch: 1 })).toThrow(new RangeError("Pqn: unknown option 'epoch'; did you mean 'epochs'?"));
  });

  test.each(['steps', 'batchSize', 'epochs'])('%s that is no positive integer', (name) => {
    for (const value of [0, -8, 2.5, NaN]) {
      const message = `Pqn: expected ${name} to be a positive integer, got ${value}`;
      expect(make({ ...small, [name]: value })).toThrow(new RangeError(message));
    }
  });

  test('minibatches that do not divide a round', () => {
    expect(make({ ...small, batchSize: 10 })).toThrow(
      new RangeError('Pqn: expected batchSize to be a divisor of 32 (steps × copies), got 10'),
    );
  });

  test('out of range', () => {
    expect(make({ lambda: 7 })).toThrow('Pqn: expected lambda to be a number in [0, 1], got 7');
    expect(make({ maxGradNorm: 0 })).toThrow('Pqn: expected maxGradNorm to be a positive number or null, got 0');
  });

  test('convolutions of what is no image', () => {
    expect(make({ convolutions: [{ filters: 4, kernel: 3, stride: 1 }] })).toThrow(RangeError);
  });
});

test('continuous actions', () => {
  expect(() => new Pqn(makeEnv('Pendulum-v1'))).toThrow(
    new RangeError('Pqn: expected an environment with Discrete actions, got Box(-2, 2, [1])'),
  );
});

describe("a user's environment that breaks the contract", () => {
  test.each<[Partial<StepResult>, string]>([
    [{ reward: NaN }, 'reward of environment 0 is NaN, expected a finite number'],
    [{ observation: [0, NaN] }, 'observation of environment 0 has NaN at [1], expected a finite number'],
  ])('%j', (result, message) => {
    const agent = new Pqn(userEnv(result), small);
    expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(new EnvError(message));
  });

  test('no legal action', () => {
    const agent = new Pqn(userEnv({}, [0, 0]), small);
    const message = 'actionMasks: expected a legal action in each row, got none in row 0';
    expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(new RangeError(message));
    expect(() => agent.act([0, 0], { actionMasks: Uint8Array.of(0, 0) })).toThrow(new RangeError(message));
  });
});

describe('checkpoints', () => {
  const trained = (env: Env = makeEnv('CartPole-v1')): Checkpoint => {
    const agent = new Pqn(env, small);
    Array.from(agent.learn({ steps: 16 }));
    return agent.checkpoint();
  };

  test("another algorithm's", () => {
    expect(() => Pqn.restore({ ...trained(), algorithm: 'dqn' }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'pqn', got 'dqn'"),
    );
  });

  test('without a file', () => {
    const { files, ...rest } = trained();
    const { 'parameters.safetensors': parameters } = files;
    expect(() =>
      Pqn.restore({ ...rest, files: { 'parameters.safetensors': parameters } }, makeEnv('CartPole-v1')),
    ).toThrow(new CheckpointError("checkpoint: file 'optimizer.safetensors' is missing"));
  });

  test('of another environment', () => {
    expect(() => Pqn.restore(trained(), makeEnv('Acrobot-v1'))).toThrow(
      /^load: what was saved does not fit with observations .* or actions /,
    );
  });
});

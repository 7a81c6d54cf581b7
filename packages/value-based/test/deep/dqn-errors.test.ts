import {
  Box,
  CheckpointError,
  Discrete,
  EnvError,
  MultiBinary,
  type Checkpoint,
  type Env,
  type StepResult,
} from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Dqn, type DqnOptions } from '@gradus/value-based';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const small: Partial<DqnOptions> = { hidden: [4], bufferSize: 100, batchSize: 8, learningStarts: 4 };

/** An environment as users write them, which returns `result` at its tenth step. */
function userEnv(result: Partial<StepResult> = {}): Env {
  let steps = 0;
  return {
    observationSpace: new Box(-1, 1, [2]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: [0, 0] }),
    step: () => {
      const usual = { observation: [0.5, 0.5], reward: 1, terminated: false, truncated: false };
      return ++steps === 10 ? { ...usual, ...result } : usual;
    },
  };
}

function trained(env: Env = makeEnv('CartPole-v1')): Checkpoint {
  const agent = new Dqn(env, small);
  Array.from(agent.learn({ steps: 16 }));
  return agent.checkpoint();
}

describe('options', () => {
  const make = (options: object) => () => new Dqn(makeVectorEnv('CartPole-v1', 2), options);

  test('unknown', () => {
    expect(make({ targetUpdate: 1 })).toThrow(
      new RangeError("Dqn: unknown option 'targetUpdate'; did you mean 'targetUpdateInterval'?"),
    );
  });

  test.each(['batchSize', 'gradientSteps', 'targetUpdateInterval'])('%s that is no positive integer', (name) => {
    for (const value of [0, -8, 2.5, NaN]) {
      const message = `Dqn: expected ${name} to be a positive integer, got ${value}`;
      expect(make({ ...small, [name]: value })).toThrow(new RangeError(message));
    }
  });

  test('trainFrequency that is no multiple of the copies', () => {
    expect(make({ ...small, trainFrequency: 3 })).toThrow(
      'trainFrequency: expected a multiple of 2 (copies, which step together), got 3: set it to 4, or use fewer copies',
    );
  });

  test('out of range', () => {
    expect(make({ gamma: 7 })).toThrow('Dqn: expected gamma to be a number in [0, 1], got 7');
    expect(make({ loss: 'foo' })).toThrow("Dqn: expected loss to be one of 'squared', 'huber', got \"foo\"");
  });

  test.each<[string, unknown]>([
    ['convolutions', { filters: 1 }],
    ['convolutions', [{ filters: 1, kernel: 3 }]],
    ['convolutions', [{ filters: 1, kernel: 3, stride: 0 }]],
  ])('%s that are %j', (name, value) => {
    const message = `Dqn: expected ${name} to be a list of { filters, kernel, stride } of positive integers or null, got ${JSON.stringify(value)}`;
    expect(make({ [name]: value })).toThrow(new RangeError(message));
  });

  test.each<unknown>([
    'categorical',
    { kind: 'normal' },
    { kind: 'quantile', quantiles: 0 },
    { kind: 'quantile', quantiles: 3, atoms: 3 },
    { kind: 'categorical', atoms: 51, low: 0 },
    { kind: 'categorical', atoms: 1, low: 0, high: 1 },
    { kind: 'categorical', atoms: 51, low: 1, high: 1 },
    { kind: 'categorical', atoms: 51, low: 0, high: Infinity },
  ])('a distribution that is %j', (distribution) => {
    expect(make({ distribution })).toThrow(RangeError);
    expect(make({ distribution })).toThrow(/^Dqn: expected distribution to be null, \{ kind: 'categorical', .*, got /);
  });

  test('a minibatch without replay that is not what was played', () => {
    const none = { ...small, replay: 'none', trainFrequency: 4 };
    const message = "replay 'none': expected batchSize 4 (trainFrequency) and gradientSteps 1, got ";
    expect(make({ ...none, batchSize: 8 })).toThrow(new RangeError(`${message}8 and 1`));
    expect(make({ ...none, batchSize: 4, gradientSteps: 2 })).toThrow(new RangeError(`${message}4 and 2`));
  });

  test('convolutions of what is no image', () => {
    expect(make({ convolutions: [{ filters: 1, kernel: 1, stride: 1 }] })).toThrow(
      /^convolutions: expected observations Box \[height, width, channels\], got Box\(.*\[4\]\)$/,
    );
  });

  test('a buffer without room', () => {
    expect(make({ ...small, bufferSize: 1 })).toThrow(RangeError);
  });
});

test('actions that are bits', () => {
  expect(() => new Dqn({ ...userEnv(), actionSpace: new MultiBinary(2) })).toThrow(
    new RangeError('Dqn: expected an environment with Discrete actions, got MultiBinary(2)'),
  );
});

test('continuous actions', () => {
  expect(() => new Dqn(makeEnv('Pendulum-v1'))).toThrow(
    new RangeError('Dqn: expected an environment with Discrete actions, got Box(-2, 2, [1])'),
  );
});

describe("a user's environment that breaks the contract", () => {
  test.each<[Partial<StepResult>, string]>([
    [{ reward: NaN }, 'reward of environment 0 is NaN, expected a finite number'],
    [{ observation: [0, NaN] }, 'observation of environment 0 has NaN at [1], expected a finite number'],
  ])('%j', (result, message) => {
    const agent = new Dqn(userEnv(result), small);
    expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(new EnvError(message));
  });
});

describe('checkpoints', () => {
  test("another algorithm's", () => {
    expect(() => Dqn.restore({ ...trained(), algorithm: 'ppo' }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'dqn', got 'ppo'"),
    );
  });

  test('without a file', () => {
    const { files, ...rest } = trained();
    const { 'online.safetensors': online } = files;
    expect(() => Dqn.restore({ ...rest, files: { 'online.safetensors': online } }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: file 'target.safetensors' is missing"),
    );
  });

  test('of another environment', () => {
    expect(() => Dqn.restore(trained(), makeEnv('Acrobot-v1'))).toThrow(
      /^load: what was saved does not fit with observations .* or actions /,
    );
    expect(() => Dqn.restore(trained(), makeEnv('Acrobot-v1'))).toThrow("parameter '0.weight'");
  });

  test('damaged on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradus-damaged-'));
    try {
      const path = join(folder, 'agent');
      await saveCheckpoint(path, trained());
      const [files] = (await readdir(path)).filter((name) => name.startsWith('files-'));
      const file = join(path, files, 'online.safetensors');
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(file, bytes);
      await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointError);
      await expect(loadCheckpoint(path)).rejects.toThrow('online.safetensors is corrupt');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

import { Box, CheckpointError, Discrete, EnvError, type Checkpoint, type Env, type StepResult } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Ppo, type PpoOptions } from '@gradus/policy-gradient';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const small: Partial<PpoOptions> = { hidden: [4], steps: 16, batchSize: 8, epochs: 1 };

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

function trained(env = makeVectorEnv('CartPole-v1', 1)): Checkpoint {
  const agent = new Ppo(env, small);
  Array.from(agent.learn({ steps: 16 }));
  return agent.checkpoint();
}

describe('options', () => {
  const make = (options: object) => () => new Ppo(makeEnv('CartPole-v1'), options);

  test('unknown', () => {
    expect(make({ learningrate: 1 })).toThrow(
      new RangeError("Ppo: unknown option 'learningrate'; did you mean 'learningRate'?"),
    );
    // @ts-expect-error: it is an error of types, too.
    expect(() => new Ppo(makeEnv('CartPole-v1'), { learningrate: 1 })).toThrow(RangeError);
  });

  test.each(['steps', 'batchSize', 'epochs'])('%s that is no positive integer', (name) => {
    for (const value of [0, -8, 2.5, NaN]) {
      const message = `Ppo: expected ${name} to be a positive integer, got ${value}`;
      expect(make({ ...small, [name]: value })).toThrow(new RangeError(message));
    }
  });

  test.each([
    [{ gamma: 7 }, 'Ppo: expected gamma to be a number in [0, 1], got 7'],
    [
      { clipRangeValue: 'none' },
      'Ppo: expected clipRangeValue to be a number of at least 0, or a schedule of such numbers or null, got "none"',
    ],
    [{ activation: 'foo' }, /^Ppo: expected activation to be one of 'linear', .*, got "foo"$/],
    [{ clipRange: -0.1 }, /^Ppo: expected clipRange to be .* or null, got -0.1$/],
    [{ klCoefficient: -1 }, 'Ppo: expected klCoefficient to be a number of at least 0, got -1'],
    [{ klTarget: 0 }, 'Ppo: expected klTarget to be a positive number or null, got 0'],
    [{ klTarget: 0.01 }, 'klCoefficient: expected a number above 0, which klTarget adapts, got 0'],
    [
      { stateDependentExploration: 0 },
      'Ppo: expected stateDependentExploration to be a positive integer or null, got 0',
    ],
    [{ stateDependentExploration: 4 }, 'stateDependentExploration: expected Box actions, got Discrete(2)'],
    [{ orthogonalInitialization: 1 }, /^Ppo: expected orthogonalInitialization to be .*, got 1$/],
    [{ hidden: [64, 0] }, 'Ppo: expected hidden to be a list of positive integers or null, got [64,0]'],
    [
      { partLayers: { view: { hidden: [0] } } },
      'Ppo: expected partLayers to be lists { convolutions, hidden } of layers by name or null, got {"view":{"hidden":[0]}}',
    ],
    [
      { partLayers: { view: { layers: [8] } } },
      'Ppo: expected partLayers to be lists { convolutions, hidden } of layers by name or null, got',
    ],
  ])('out of range: %o', (options, message) => {
    expect(make(options)).toThrow(message);
  });

  test('batchSize that does not divide a round', () => {
    expect(make({ ...small, batchSize: 48 })).toThrow(
      new RangeError('Ppo: expected batchSize to be a divisor of 16 (steps × copies), got 48'),
    );
  });

  test('seed', () => {
    expect(make({ seed: -1 })).toThrow(new RangeError('Ppo: expected seed to be an integer of at least 0, got -1'));
  });
});

describe("a user's environment that breaks the contract", () => {
  test.each<[Partial<StepResult>, string]>([
    [{ reward: NaN }, 'reward of environment 0 is NaN, expected a finite number'],
    [{ observation: [0, NaN] }, 'observation of environment 0 has NaN at [1], expected a finite number'],
    [{ observation: [0] }, 'observation of environment 0 has 1 elements, expected 2'],
  ])('%j', (result, message) => {
    const agent = new Ppo(userEnv(result), small);
    expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(new EnvError(message));
  });
});

describe('checkpoints', () => {
  test("another algorithm's", () => {
    expect(() => Ppo.restore({ ...trained(), algorithm: 'dqn' }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'ppo', got 'dqn'"),
    );
  });

  test('without a file', () => {
    const { files, ...rest } = trained();
    const { 'parameters.safetensors': parameters } = files;
    expect(() =>
      Ppo.restore({ ...rest, files: { 'parameters.safetensors': parameters } }, makeEnv('CartPole-v1')),
    ).toThrow(new CheckpointError("checkpoint: file 'optimizer.safetensors' is missing"));
  });

  test('of another environment', () => {
    expect(() => Ppo.restore(trained(), makeEnv('Pendulum-v1'))).toThrow(
      /^load: what was saved does not fit with observations .* or actions /,
    );
    expect(() => Ppo.restore(trained(), makeEnv('Pendulum-v1'))).toThrow("parameter 'actor.features.0.weight'");
  });

  test('damaged on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradus-damaged-'));
    try {
      const path = join(folder, 'agent');
      await saveCheckpoint(path, trained());
      const [files] = (await readdir(path)).filter((name) => name.startsWith('files-'));
      const file = join(path, files, 'parameters.safetensors');
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(file, bytes);
      await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointError);
      await expect(loadCheckpoint(path)).rejects.toThrow('parameters.safetensors is corrupt');
      await writeFile(file, bytes.subarray(0, 100));
      await expect(loadCheckpoint(path)).rejects.toThrow('parameters.safetensors has 100 bytes');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('a policy in the place of the environment is told of, whatever is behind it', () => {
  const create = Ppo as unknown as new (policy: string, env: unknown) => Ppo;
  expect(() => new create('MlpPolicy', makeEnv('CartPole-v1'))).toThrow(
    /^Ppo: expected env to be an environment .*, got "MlpPolicy"$/,
  );
});

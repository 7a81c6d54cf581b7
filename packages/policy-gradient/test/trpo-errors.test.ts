import { CheckpointError, EnvError, type Checkpoint } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { NaturalPolicyGradient, Trpo, type TrpoOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const small: Partial<TrpoOptions> = { hidden: [4], steps: 16, batchSize: 8, criticEpochs: 1 };

function trained(): Checkpoint {
  const agent = new Trpo(makeVectorEnv('CartPole-v1', 1), small);
  Array.from(agent.learn({ steps: 16 }));
  return agent.checkpoint();
}

describe('options', () => {
  const make = (options: object) => () => new Trpo(makeEnv('CartPole-v1'), options);

  test('unknown', () => {
    expect(make({ targetKL: 1 })).toThrow(new RangeError("Trpo: unknown option 'targetKL'; did you mean 'targetKl'?"));
    // The natural policy gradient searches for nothing.
    expect(() => new NaturalPolicyGradient(makeEnv('CartPole-v1'), small)).not.toThrow();
    expect(() => new NaturalPolicyGradient(makeEnv('CartPole-v1'), { lineSearchSteps: 1 } as object)).toThrow(
      /^NaturalPolicyGradient: unknown option 'lineSearchSteps'/,
    );
  });

  test.each(['steps', 'batchSize', 'conjugateGradientSteps', 'lineSearchSteps'])(
    '%s is no positive integer',
    (name) => {
      for (const value of [0, -8, 2.5, NaN]) {
        const message = `Trpo: expected ${name} to be a positive integer, got ${value}`;
        expect(make({ ...small, [name]: value })).toThrow(new RangeError(message));
      }
    },
  );

  test.each([
    [{ targetKl: 0 }, 'Trpo: expected targetKl to be a positive number, got 0'],
    [{ damping: -1 }, 'Trpo: expected damping to be a number of at least 0, got -1'],
    [{ lineSearchFactor: 1 }, 'Trpo: expected lineSearchFactor to be a number in (0, 1), got 1'],
    [{ lineSearchFactor: 0 }, 'Trpo: expected lineSearchFactor to be a number in (0, 1), got 0'],
    [{ criticEpochs: 0.5 }, 'Trpo: expected criticEpochs to be an integer of at least 0, got 0.5'],
    [{ stateDependentExploration: 4 }, 'stateDependentExploration: expected Box actions, got Discrete(2)'],
  ])('out of range: %o', (options, message) => {
    expect(make({ ...small, ...options })).toThrow(new RangeError(message));
  });

  test('batchSize that does not divide a round', () => {
    const message = 'expected batchSize to be a divisor of 16 (steps × copies), got 48';
    expect(make({ ...small, batchSize: 48 })).toThrow(new RangeError(`Trpo: ${message}`));
    expect(() => new NaturalPolicyGradient(makeEnv('CartPole-v1'), { ...small, batchSize: 48 })).toThrow(
      new RangeError(`NaturalPolicyGradient: ${message}`),
    );
  });
});

test('a reward that is not finite', () => {
  const env = makeEnv('CartPole-v1');
  const step = env.step.bind(env);
  env.step = (action) => ({ ...step(action), reward: NaN });
  const agent = new Trpo(env, small);
  expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(
    new EnvError('reward of environment 0 is NaN, expected a finite number'),
  );
});

describe('checkpoints', () => {
  test("another algorithm's", () => {
    expect(() => NaturalPolicyGradient.restore(trained(), makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'npg', got 'trpo'"),
    );
  });

  test('without a file', () => {
    const { files, ...rest } = trained();
    const { 'parameters.safetensors': parameters } = files;
    const incomplete = { ...rest, files: { 'parameters.safetensors': parameters } };
    expect(() => Trpo.restore(incomplete, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: file 'optimizer.safetensors' is missing"),
    );
  });

  test('of another environment', () => {
    expect(() => Trpo.restore(trained(), makeEnv('Pendulum-v1'))).toThrow(
      /^load: what was saved does not fit with observations .* or actions /,
    );
  });
});

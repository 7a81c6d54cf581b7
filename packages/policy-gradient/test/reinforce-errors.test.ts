import { CheckpointError, Discrete, EnvError, type Checkpoint, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Reinforce, type ReinforceOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const small: Partial<ReinforceOptions> = { hidden: [], episodes: 1, batchSize: 16, valueEpochs: 1 };

function trained(env: Parameters<typeof Reinforce.restore>[1] = makeVectorEnv('CartPole-v1', 1)): Checkpoint {
  const agent = new Reinforce(env, small);
  agent.learn({ steps: 1 }).next();
  return agent.checkpoint();
}

describe('options', () => {
  const make = (options: object) => () => new Reinforce(makeEnv('CartPole-v1'), options);

  test.each<[object, string]>([
    [
      { learningrate: 1 },
      "Reinforce: unknown option 'learningrate'; did you mean 'learningRate', 'valueLearningRate'?",
    ],
    [{ episodes: 0 }, 'Reinforce: expected episodes to be a positive integer, got 0'],
    [{ gamma: 7 }, 'Reinforce: expected gamma to be a number in [0, 1], got 7'],
    [
      { credit: 'all' },
      "Reinforce: expected credit to be one of 'total-return', 'discounted-reward-to-go', 'reward-to-go', got \"all\"",
    ],
    ...(
      [
        ['none', '"none"'],
        [NaN, 'NaN'],
        [null, 'null'],
        [() => 0, 'a function'],
      ] as const
    ).map(([baseline, got]): [object, string] => [
      { baseline },
      `Reinforce: expected baseline to be a finite number, 'mean', 'value' or 'optimal', got ${got}`,
    ]),
    [{ normalizeReturns: 1 }, 'Reinforce: expected normalizeReturns to be true or false, got 1'],
    [{ maxGradNorm: 0 }, 'Reinforce: expected maxGradNorm to be a positive number or null, got 0'],
    [{ hidden: [64, 0] }, 'Reinforce: expected hidden to be a list of positive integers or null, got [64,0]'],
    [{ seed: -1 }, 'Reinforce: expected seed to be an integer of at least 0, got -1'],
  ])('%o', (options, message) => {
    expect(make(options)).toThrow(new RangeError(message));
  });

  test.each(['mean', 'optimal'] as const)('baseline %s of other episodes where there are none', (baseline) => {
    expect(make({ ...small, baseline })).toThrow(
      new RangeError(`baseline '${baseline}': expected at least 2 episodes (episodes × copies), got 1`),
    );
    expect(() => new Reinforce(makeVectorEnv('CartPole-v1', 2), { ...small, baseline })).not.toThrow();
  });
});

describe('environments', () => {
  /** Episodes that end, or not, with a reward, and what is legal. */
  function environment({
    terminated = true,
    reward = 1,
    mask,
  }: {
    terminated?: boolean;
    reward?: number;
    mask?: number[];
  }): Env {
    const actionMask = mask && { actionMask: () => Uint8Array.from(mask) };
    return {
      observationSpace: new Discrete(1),
      actionSpace: new Discrete(2),
      reset: () => ({ observation: 0 }),
      step: () => ({ observation: 0, reward, terminated, truncated: false }),
      ...actionMask,
    };
  }
  const learn = (env: Env) => () => new Reinforce(env, small).learn({ steps: 1 }).next();

  test('rewards that are not finite', () => {
    expect(learn(environment({ reward: NaN }))).toThrow(
      new EnvError('reward of environment 0 is NaN, expected a finite number'),
    );
  });

  test('masks without a legal action', () => {
    expect(learn(environment({ mask: [0, 0] }))).toThrow(
      new RangeError('actionMasks: expected a legal action in each row, got none in row 0'),
    );
  });

  test('episodes that do not end', () => {
    expect(learn(environment({ terminated: false }))).toThrow(
      new EnvError(
        'Reinforce: an episode did not end within 10000 steps; give the environment a time limit, or set maxEpisodeSteps where that is too few',
      ),
    );
  });
});

describe('checkpoints', () => {
  test("another algorithm's", () => {
    expect(() => Reinforce.restore({ ...trained(), algorithm: 'ppo' }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'reinforce', got 'ppo'"),
    );
  });

  test.each(['parameters', 'optimizer', 'value-optimizer'])('without %s', (name) => {
    const { files, ...rest } = trained();
    const left = Object.fromEntries(Object.entries(files).filter(([file]) => file !== `${name}.safetensors`));
    expect(() => Reinforce.restore({ ...rest, files: left }, makeEnv('CartPole-v1'))).toThrow(
      new CheckpointError(`checkpoint: file '${name}.safetensors' is missing`),
    );
  });

  test('of another environment', () => {
    expect(() => Reinforce.restore(trained(), makeEnv('Pendulum-v1'))).toThrow(
      /^load: what was saved does not fit with observations .* or actions /,
    );
  });
});

import { CheckpointError } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { Ppo, RecurrentPpo, type RecurrentPpoOptions } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

const small: Partial<RecurrentPpoOptions> = {
  steps: 8,
  batchSize: 8,
  sequenceLength: 4,
  epochs: 1,
  cellSize: 3,
  hidden: [4],
};

test.each<[object, string]>([
  [{ cellsize: 3 }, "RecurrentPpo: unknown option 'cellsize'; did you mean 'cellSize', 'cell'?"],
  [{ cell: 'rnn' }, `RecurrentPpo: expected cell to be one of 'lstm', 'gru', got "rnn"`],
  [{ cellSize: 0 }, 'RecurrentPpo: expected cellSize to be a positive integer, got 0'],
  [{ sequenceLength: 0 }, 'RecurrentPpo: expected sequenceLength to be a positive integer or null, got 0'],
  [{ sequenceLength: 3 }, 'RecurrentPpo: expected sequenceLength to be a divisor of 8 (steps), got 3'],
  [
    { batchSize: 6 },
    'RecurrentPpo: expected batchSize to be a multiple of 4 (steps of a sequence) that divides 16 (steps × copies), got 6',
  ],
  [
    { batchSize: 12 },
    'RecurrentPpo: expected batchSize to be a multiple of 4 (steps of a sequence) that divides 16 (steps × copies), got 12',
  ],
  [
    { batchSize: 4, sequenceLength: null },
    'RecurrentPpo: expected batchSize to be a multiple of 8 (steps of a sequence) that divides 16 (steps × copies), got 4',
  ],
  [{ stateDependentExploration: 4 }, 'stateDependentExploration: expected Box actions, got Discrete(2)'],
])('options %j are refused', (options, message) => {
  expect(() => new RecurrentPpo(makeVectorEnv('CartPole-v1', 2), { ...small, ...options })).toThrow(
    new RangeError(message),
  );
});

test('checkpoints of others are refused', () => {
  const env = makeVectorEnv('CartPole-v1', 2);
  const checkpoint = new RecurrentPpo(env, small).checkpoint();
  const memoryless = new Ppo(env, { steps: 8, batchSize: 8, hidden: [4] }).checkpoint();
  expect(() => RecurrentPpo.restore(memoryless, env)).toThrow(
    new CheckpointError("checkpoint: expected algorithm 'recurrent-ppo', got 'ppo'"),
  );
  expect(() => RecurrentPpo.restore(checkpoint, makeVectorEnv('Pendulum-v1', 2))).toThrow(
    /^load: what was saved does not fit with observations .* or actions /,
  );
  expect(() => RecurrentPpo.restore({ ...checkpoint, files: {} }, env)).toThrow(
    new CheckpointError("checkpoint: file 'parameters.safetensors' is missing"),
  );
});

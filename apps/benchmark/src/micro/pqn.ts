import { Random } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { Pqn } from '@gradus/value-based';
import { integers, normals } from './made-up-data.ts';
import { fixedBatch, type MicroCase } from './micro-case.ts';

/** `Pqn`'s own minibatch step with CleanRL's settings for CartPole: 4-120-84-2 with layer normalization, norm of the gradient, RAdam. */
export const pqnCase: MicroCase = {
  name: 'pqn_mb128_4-120-84-2',
  isLarge: false,
  create: (device) => {
    const agent = new Pqn(makeVectorEnv('CartPole-v1', 4), { device });
    const { batchSize } = agent.options;
    const random = new Random(0);
    const { run } = fixedBatch(agent.update, {
      observations: normals(random, batchSize * 4),
      actions: integers(random, batchSize, 2),
      returns: normals(random, batchSize),
      learningRate: [2.5e-4],
    });
    return { run, dispose: () => agent.dispose() };
  },
};

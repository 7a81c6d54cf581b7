import { PrioritizedReplayBuffer, Random } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { normals } from './made-up-data.ts';
import type { MicroCase } from './micro-case.ts';

const BATCH = 128;

/**
 * What prioritized replay costs beside an update: from 10⁶ of CartPole's transitions a minibatch of 128 is drawn and copied, and gets new
 * priorities. It needs no device.
 */
export const prioritizedReplayCase: MicroCase = {
  name: 'prioritized_replay_1e6_b128',
  isLarge: false,
  create: () => {
    const env = makeVectorEnv('CartPole-v1', 1000);
    const replay = new PrioritizedReplayBuffer(env, { capacity: 1e6, gamma: 0.99, priorityExponent: 0.6 });
    env.reset({ seed: 0 });
    const actions = new Int32Array(env.numEnvs);
    while (replay.size < replay.capacity) {
      replay.beginStep(env.observations, actions);
      env.step(actions);
      replay.endStep(env);
    }
    const random = new Random(0);
    const errors = normals(random, BATCH);
    const batch = {
      observations: new Float32Array(BATCH * 4),
      actions: new Int32Array(BATCH),
      rewards: new Float32Array(BATCH),
      nextObservations: new Float32Array(BATCH * 4),
      discounts: new Float32Array(BATCH),
      weights: new Float32Array(BATCH),
    };
    const { weights } = batch;
    return {
      run: () => {
        replay.sample(BATCH, random, batch, { importanceExponent: 0.4 });
        replay.updatePriorities(errors);
        return { weights };
      },
      dispose: () => undefined,
    };
  },
};

import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { continuousBatch, continuousInputs } from './continuous-batch.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** DDPG on Pendulum: actor 3-256-256-1, critic 4-256-256-1, both with targets; critic, actor and targets change every time. */
export const ddpgCase: MicroCase = { name: 'ddpg_b256_256-256', isLarge: true, create: createDdpg };

const BATCH = 256;
const HIDDEN = [256, 256];
const GAMMA = 0.99;
const TAU = 0.005;

function createDdpg(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const shape = { hidden: HIDDEN, output: 1, activation: 'relu', bias: 'fanIn', random } as const;
  const createActor = (): t.Module => t.mlp({ ...shape, input: 3, outputActivation: 'tanh' });
  const createCritic = (): t.Module => t.mlp({ ...shape, input: 4 });
  const [actor, actorTarget] = [createActor(), createActor()];
  const [critic, criticTarget] = [createCritic(), createCritic()];
  t.copyParameters(actor.parameters, actorTarget.parameters);
  t.copyParameters(critic.parameters, criticTarget.parameters);
  const actorOptimizer = t.adam(actor.parameters);
  const criticOptimizer = t.adam(critic.parameters);

  const update = t.program(
    continuousInputs(BATCH),
    ({ observations, actions, rewards, nextObservations, terminated }) => {
      const nextQ = criticTarget(t.concat([nextObservations, actorTarget(nextObservations)], 1));
      const y = t.add(rewards, t.mul(t.mul(GAMMA, t.sub(1, terminated)), nextQ));
      const q = critic(t.concat([observations, actions], 1));
      const criticLoss = t.mean(t.square(t.sub(q, y)));
      criticOptimizer.minimize(criticLoss);

      // By now the critic has its new weights.
      const actorLoss = t.neg(t.mean(critic(t.concat([observations, actor(observations)], 1))));
      actorOptimizer.minimize(actorLoss);

      t.polyakUpdate(actor.parameters, actorTarget.parameters, TAU);
      t.polyakUpdate(critic.parameters, criticTarget.parameters, TAU);
      return { criticLoss, actorLoss };
    },
    { device },
  );
  return fixedBatch(update, continuousBatch(BATCH, random));
}

import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { bits, integers, normals } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** DQN's minibatch with CleanRL's settings for CartPole: 4-120-84-2, target network, squared error, Adam. */
export const dqnCase: MicroCase = { name: 'dqn_b128_4-120-84-2', isLarge: false, create: createDqn };

const BATCH = 128;
const GAMMA = 0.99;

function createDqn(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const create = (): t.Module =>
    t.mlp({ input: 4, hidden: [120, 84], output: 2, activation: 'relu', bias: 'fanIn', random });
  const [online, target] = [create(), create()];
  t.copyParameters(online.parameters, target.parameters);
  const optimizer = t.adam(online.parameters, { learningRate: 2.5e-4 });

  const inputs = {
    observations: [BATCH, 4],
    actions: { shape: [BATCH], dtype: 'int32' },
    rewards: [BATCH],
    nextObservations: [BATCH, 4],
    terminated: [BATCH],
  } as const satisfies Record<string, t.InputSpec>;
  const update = t.program(
    inputs,
    (batch) => {
      const nextQ = t.max(target(batch.nextObservations), { axis: 1 });
      const y = t.add(batch.rewards, t.mul(t.mul(GAMMA, t.sub(1, batch.terminated)), nextQ));
      const q = t.gather(online(batch.observations), batch.actions);
      const loss = t.mean(t.square(t.sub(q, y)));
      optimizer.minimize(loss);
      return { loss };
    },
    { device },
  );
  return fixedBatch(update, {
    observations: normals(random, BATCH * 4),
    actions: integers(random, BATCH, 2),
    rewards: normals(random, BATCH),
    nextObservations: normals(random, BATCH * 4),
    terminated: bits(random, BATCH, 0.05),
  });
}

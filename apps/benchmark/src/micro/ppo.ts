import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { integers, normals } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** PPO's minibatch with CleanRL's settings for CartPole: actor 4-64-64-2 and critic 4-64-64-1, one Adam for both. */
export const ppoCases: readonly MicroCase[] = [128, 1024].map((batch) => ({
  name: `ppo_mb${batch}_4-64-64`,
  isLarge: false,
  create: (device) => createPpo(batch, device),
}));

function createPpo(batch: number, device: t.Device): MicroUpdate {
  const random = new Random(0);
  const shape = { input: 4, hidden: [64, 64], activation: 'tanh', bias: 'fanIn', random } as const;
  const actor = t.mlp({ ...shape, output: 2 });
  const critic = t.mlp({ ...shape, output: 1 });
  const parameters = t.joinParameters({ actor: actor.parameters, critic: critic.parameters });
  const optimizer = t.adam(parameters, { learningRate: 2.5e-4, epsilon: 1e-5 });

  const inputs = {
    observations: [batch, 4],
    actions: { shape: [batch], dtype: 'int32' },
    logProbabilities: [batch],
    advantages: [batch],
    returns: [batch],
    values: [batch],
  } as const satisfies Record<string, t.InputSpec>;
  const update = t.program(
    inputs,
    (old) => {
      const logPolicy = t.logSoftmax(actor(old.observations));
      const ratio = t.exp(t.sub(t.gather(logPolicy, old.actions), old.logProbabilities));
      const shifted = t.sub(old.advantages, t.slice(old.advantages, [0], [1]));
      const distances = t.sub(shifted, t.mean(shifted));
      const spread = t.sqrt(t.mul(t.sum(t.square(distances)), 1 / (batch - 1)));
      const advantages = t.div(distances, t.add(spread, 1e-8));
      const clipped = t.clip(ratio, 0.8, 1.2);
      const policyLoss = t.neg(t.mean(t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages))));

      const values = t.squeeze(critic(old.observations), 1);
      const near = t.add(old.values, t.clip(t.sub(values, old.values), -0.2, 0.2));
      const errors = t.maximum(t.square(t.sub(values, old.returns)), t.square(t.sub(near, old.returns)));
      const valueLoss = t.mul(0.5, t.mean(errors));

      const entropy = t.neg(t.mean(t.sum(t.mul(t.exp(logPolicy), logPolicy), { axis: 1 })));
      const loss = t.sub(t.add(policyLoss, t.mul(0.5, valueLoss)), t.mul(0.01, entropy));
      optimizer.minimize(loss, { maxGradNorm: 0.5 });
      return { loss };
    },
    { device },
  );
  return fixedBatch(update, {
    observations: normals(random, batch * 4),
    actions: integers(random, batch, 2),
    logProbabilities: new Float32Array(batch).fill(-Math.LN2),
    advantages: normals(random, batch),
    returns: normals(random, batch),
    values: normals(random, batch),
  });
}

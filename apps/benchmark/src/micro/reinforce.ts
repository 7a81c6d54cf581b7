import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { integers, normals } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

const STEPS = 1024;

/**
 * REINFORCE's update from episodes of 1024 steps in all, for CartPole: normalized returns less a value baseline, one gradient of the actor 4-64-64-2, one of
 * the baseline 4-64-64-1, one Adam for both.
 */
export const reinforceCase: MicroCase = { name: 'reinforce_b1024_4-64-64', isLarge: false, create: createReinforce };

function createReinforce(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const shape = { input: 4, hidden: [64, 64], activation: 'tanh', bias: 'fanIn', random } as const;
  const actor = t.mlp({ ...shape, output: 2 });
  const baseline = t.mlp({ ...shape, output: 1 });
  const optimizer = t.adam(t.joinParameters({ actor: actor.parameters, baseline: baseline.parameters }), {
    learningRate: 1e-3,
  });
  const inputs = {
    observations: [STEPS, 4],
    actions: { shape: [STEPS], dtype: 'int32' },
    returns: [STEPS],
  } as const satisfies Record<string, t.InputSpec>;
  const update = t.program(
    inputs,
    ({ observations, actions, returns }) => {
      const values = t.squeeze(baseline(observations), 1);
      const raw = t.stopGradient(t.sub(returns, values));
      const spread = t.sqrt(t.variance(raw, { correction: 1 }));
      const advantages = t.div(t.sub(raw, t.mean(raw)), t.add(spread, 1e-8));
      const logProbabilities = t.gather(t.logSoftmax(actor(observations)), actions);
      const policyLoss = t.neg(t.mean(t.mul(advantages, logProbabilities)));
      const loss = t.add(policyLoss, t.mean(t.square(t.sub(values, returns))));
      optimizer.minimize(loss);
      return { loss };
    },
    { device },
  );
  return fixedBatch(update, {
    observations: normals(random, STEPS * 4),
    actions: integers(random, STEPS, 2),
    returns: normals(random, STEPS),
  });
}

import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { bits, integers, normals } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** DQN on images of MinAtar's size: 10×10×4, 16 filters of 3×3, 128 units, 6 actions; target network, Huber loss, Adam. */
export const minatarCase: MicroCase = { name: 'minatar_dqn_b32', isLarge: false, create: createMinatar };

const BATCH = 32;
const SIZE = 10;
const CHANNELS = 4;
const FILTERS = 16;
const ACTIONS = 6;
const GAMMA = 0.99;

function createNetwork(random: Random): t.Module {
  const windows = (SIZE - 2) ** 2;
  return t.sequential([
    t.convolution({ input: CHANNELS, output: FILTERS, kernel: 3, activation: 'relu', random }),
    t.flatten,
    t.mlp({ input: windows * FILTERS, hidden: [128], output: ACTIONS, activation: 'relu', bias: 'fanIn', random }),
  ]);
}

function createMinatar(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const [online, target] = [createNetwork(random), createNetwork(random)];
  t.copyParameters(online.parameters, target.parameters);
  const optimizer = t.adam(online.parameters, { learningRate: 2.5e-4 });

  const inputs = {
    observations: [BATCH, SIZE, SIZE, CHANNELS],
    actions: { shape: [BATCH], dtype: 'int32' },
    rewards: [BATCH],
    nextObservations: [BATCH, SIZE, SIZE, CHANNELS],
    terminated: [BATCH],
  } as const satisfies Record<string, t.InputSpec>;
  const update = t.program(
    inputs,
    (batch) => {
      const nextQ = t.max(target(batch.nextObservations), { axis: 1 });
      const y = t.add(batch.rewards, t.mul(t.mul(GAMMA, t.sub(1, batch.terminated)), nextQ));
      const q = t.gather(online(batch.observations), batch.actions);
      const loss = t.mean(huber(t.sub(q, y)));
      optimizer.minimize(loss);
      return { loss };
    },
    { device },
  );
  const pixels = BATCH * SIZE * SIZE * CHANNELS;
  return fixedBatch(update, {
    observations: bits(random, pixels, 0.5),
    actions: integers(random, BATCH, ACTIONS),
    rewards: normals(random, BATCH),
    nextObservations: bits(random, pixels, 0.5),
    terminated: new Float32Array(BATCH),
  });
}

/** ½ x² for |x| ≤ 1, |x| − ½ beyond. */
function huber(x: t.Tensor): t.Tensor {
  const size = t.abs(x);
  const inner = t.minimum(size, 1);
  return t.add(t.mul(0.5, t.square(inner)), t.sub(size, inner));
}

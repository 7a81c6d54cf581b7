import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { continuousBatch, continuousInputs } from './continuous-batch.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** SAC on Pendulum: actor 3-256-256-2, two critics 4-256-256-1 with targets, learned temperature; all change every time. */
export const sacCase: MicroCase = { name: 'sac_b256_256-256', isLarge: true, create: createSac };

const BATCH = 256;
const HIDDEN = [256, 256];
const GAMMA = 0.99;
const TAU = 0.005;
/** Minus the number of action dimensions. */
const TARGET_ENTROPY = -1;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

function createSac(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const shape = { hidden: HIDDEN, activation: 'relu', bias: 'fanIn', random } as const;
  const actor = t.mlp({ ...shape, input: 3, output: 2 });
  const createCritic = (): t.Module => t.mlp({ ...shape, input: 4, output: 1 });
  const [critic1, critic2, target1, target2] = [createCritic(), createCritic(), createCritic(), createCritic()];
  const critics = t.joinParameters({ critic1: critic1.parameters, critic2: critic2.parameters });
  const targets = t.joinParameters({ critic1: target1.parameters, critic2: target2.parameters });
  t.copyParameters(critics, targets);
  const logAlpha = t.variable([1], [0], { name: 'logAlpha' });
  const actorOptimizer = t.adam(actor.parameters);
  const criticOptimizer = t.adam(critics);
  const alphaOptimizer = t.adam({ logAlpha });

  /** An action tanh(u), u ~ N(μ, σ²), and its log-density log N(u; μ, σ²) − log(1 − tanh²(u) + 10⁻⁶). */
  const sample = (observations: t.Tensor, key: t.Tensor): { action: t.Tensor; logProbability: t.Tensor } => {
    const [mu, raw] = t.split(actor(observations), 2, 1);
    const logSigma = t.add(-5, t.mul(3.5, t.add(t.tanh(raw), 1)));
    const noise = t.randomNormal(key, [BATCH, 1]);
    const action = t.tanh(t.add(mu, t.mul(t.exp(logSigma), noise)));
    const logNormal = t.sub(t.sub(t.mul(-0.5, t.square(noise)), logSigma), HALF_LOG_TWO_PI);
    const logSlope = t.log(t.add(t.sub(1, t.square(action)), 1e-6));
    return { action, logProbability: t.sum(t.sub(logNormal, logSlope), { axis: 1, keepDims: true }) };
  };

  const update = t.program(
    { ...continuousInputs(BATCH), key: { shape: [2], dtype: 'int32' } },
    ({ observations, actions, rewards, nextObservations, terminated, key }) => {
      const alpha = t.stopGradient(t.exp(logAlpha));

      const next = sample(nextObservations, key);
      const nextPair = t.concat([nextObservations, next.action], 1);
      const nextQ = t.minimum(target1(nextPair), target2(nextPair));
      const softValue = t.sub(nextQ, t.mul(alpha, next.logProbability));
      const y = t.add(rewards, t.mul(t.mul(GAMMA, t.sub(1, terminated)), softValue));
      const pair = t.concat([observations, actions], 1);
      const criticLoss = t.add(
        t.mean(t.square(t.sub(critic1(pair), t.stopGradient(y)))),
        t.mean(t.square(t.sub(critic2(pair), t.stopGradient(y)))),
      );
      criticOptimizer.minimize(criticLoss);

      const { action, logProbability } = sample(observations, key);
      const chosen = t.concat([observations, action], 1);
      const q = t.minimum(critic1(chosen), critic2(chosen));
      const actorLoss = t.mean(t.sub(t.mul(alpha, logProbability), q));
      actorOptimizer.minimize(actorLoss);

      const surplus = t.stopGradient(t.add(logProbability, TARGET_ENTROPY));
      const alphaLoss = t.neg(t.mean(t.mul(t.exp(logAlpha), surplus)));
      alphaOptimizer.minimize(alphaLoss);

      t.polyakUpdate(critics, targets, TAU);
      return { criticLoss, actorLoss, alphaLoss };
    },
    { device },
  );
  const filled = fixedBatch(update, { ...continuousBatch(BATCH, random), key: [0, 0] });
  const { key } = update.inputs;
  return {
    run: () => {
      key[1]++;
      return filled.run();
    },
    dispose: filled.dispose,
  };
}

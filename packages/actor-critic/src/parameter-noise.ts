import { savedValues, scheduleValue, type ActionArray } from '@gradus/core';
import * as t from '@gradus/tensor';
import { deterministicPolicy, unitActions } from './deterministic-policy.ts';
import type { ParameterNoise } from './exploration-noise.ts';
import type { Exploration, Explorer } from './exploration.ts';
import type { StateNetwork } from './networks.ts';

/** θ + σ ε in place of each parameter of `source`, written to the same one of `target`; inside a program. */
function perturb(source: t.Parameters, target: t.Parameters, key: t.Tensor, deviation: t.Tensor): void {
  for (const [name, parameter] of Object.entries(source)) {
    t.assign(target[name], t.add(parameter, t.mul(deviation, t.randomNormal(key, parameter.shape))));
  }
}

const noiseInputs = { key: { shape: [2], dtype: 'int32' }, deviation: [] } as const;

/** θ̃ ← θ + σ ε */
function perturbProgram(actor: StateNetwork, perturbed: StateNetwork, device: t.Device) {
  return t.program(
    noiseInputs,
    ({ key, deviation }) => {
      perturb(actor.parameters, perturbed.parameters, key, deviation);
      return {};
    },
    { device },
  );
}

/** d(μ, μ̃) = √E[mean over elements of (μ(s) − μ̃(s))²] at the states of a minibatch, for noise that is drawn for this and taken back. */
function distanceProgram(actor: StateNetwork, shape: t.Shape, device: t.Device) {
  return t.program(
    { ...noiseInputs, observations: shape },
    ({ observations, key, deviation }) => {
      const { parameters } = actor;
      const kept = Object.values(parameters).map((parameter) => [parameter, t.asTensor(parameter)] as const);
      const own = unitActions(actor, observations);
      perturb(parameters, parameters, key, deviation);
      const other = unitActions(actor, observations);
      for (const [parameter, value] of kept) t.assign(parameter, value);
      return { distance: t.sqrt(t.mean(t.square(t.sub(own, other)))) };
    },
    { device },
  );
}

/** Exploration with noise on the actor's parameters. */
export function parameterNoise(
  { initialDeviation = 0.2, distance = 0.2, factor = 1.01, interval = 50 }: ParameterNoise,
  { env, actions, actor, create, learning, device }: Explorer,
): Exploration {
  const perturbed = create();
  const renew = perturbProgram(actor, perturbed, device);
  const compare = distanceProgram(actor, [learning.batchSize, env.observationSpace.size], device);
  const policy = deterministicPolicy(env, actions, perturbed, device);
  const scale = { deviation: initialDeviation, steps: 0 };
  const episode = { isPerturbed: 0 };

  /** σ ← α σ where d(μ, μ̃) ≤ δ, else σ / α. */
  const adapt = (progress: number): void => {
    const observations = learning.drawObservations(progress);
    if (observations === undefined) return;
    compare.inputs.observations.set(observations);
    compare.inputs.deviation[0] = scale.deviation;
    learning.keys.forTraining(compare.inputs.key);
    const isNear = compare.run().distance[0] <= scheduleValue(distance, progress);
    scale.deviation *= isNear ? factor : 1 / factor;
  };

  const act = (chosen: ActionArray, progress: number): void => {
    scale.steps += env.numEnvs;
    if (scale.steps >= interval) {
      scale.steps = 0;
      adapt(progress);
    }
    const hasEnded = env.terminated.includes(1) || env.truncated.includes(1);
    if (hasEnded || episode.isPerturbed === 0) {
      renew.inputs.deviation[0] = scale.deviation;
      learning.keys.forTraining(renew.inputs.key);
      renew.run();
      episode.isPerturbed = 1;
    }
    policy.actBatch(env.observations, chosen);
  };

  return {
    act,
    report: () => ({ 'train/parameter_noise': scale.deviation }),
    parts: {
      networks: { actorPerturbed: perturbed.parameters },
      state: { parameterNoise: savedValues(scale) },
      episode: { perturbation: savedValues(episode) },
      programs: [renew, compare, policy],
    },
  };
}

import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { readArray } from '../numpy.ts';
import { attributesOf, nameOf } from '../python.ts';
import { Weights } from '../weights.ts';
import { readActivation } from './activation.ts';
import { flatten } from './actor-critic.ts';
import { noteCritics, readCritics, readLook } from './replay-networks.ts';
import { readReplayOptions } from './replay-options.ts';

/** TD3. */
export function describeTd3(model: ImportedModel): AgentDescription {
  const { data } = model;
  const weights = new Weights(model.weights, model.subject);
  noteCritics(weights, model, 2);
  const { options, actor, actorTarget, ...critics } = describeDeterministic(model, weights, 2);
  return {
    algorithm: 'td3',
    options: {
      ...options,
      policyDelay: data.number('policy_delay'),
      targetNoise: data.number('target_policy_noise'),
      targetNoiseClip: data.number('target_noise_clip'),
    },
    networks: { actor, critics: critics.online, actorTarget, criticsTarget: critics.target },
  };
}

/** DDPG, which Stable-Baselines3 has as TD3 with one critic. */
export function describeDdpg(model: ImportedModel): AgentDescription {
  const weights = new Weights(model.weights, model.subject);
  const { options, actor, actorTarget, ...critics } = describeDeterministic(model, weights, 1);
  return {
    algorithm: 'ddpg',
    options,
    networks: { actor, critic: critics.online, actorTarget, criticTarget: critics.target },
  };
}

/** What both have. */
function describeDeterministic(model: ImportedModel, weights: Weights, critics: number) {
  const { data } = model;
  const read = (owner: string): ReturnType<typeof flatten> =>
    flatten({ features: readLook(weights, owner, model), layers: weights.stack(`${owner}.mu`) });
  const actor = read('actor');
  const online = readCritics(weights, 'critic', model, critics);
  return {
    options: {
      ...readLook(weights, 'actor', model).layers,
      ...readReplayOptions(model),
      hidden: actor.hidden,
      criticHidden: online.hidden,
      activation: readActivation(data, 'relu'),
      noise: readNoise(model),
    },
    actor: actor.tensors,
    actorTarget: read('actor_target').tensors,
    online: online.tensors,
    target: readCritics(weights, 'critic_target', model, critics).tensors,
  };
}

/** Noise of actions; undefined, and noted as left out, where it is of a kind that Gradus has not, or differs from action to action. */
function readNoise({ data }: ImportedModel): unknown {
  const given = data.value('action_noise');
  if (given === undefined || given === null) return null;
  const attributes = attributesOf(given);
  const same = (name: string): number | undefined => {
    const values = readArray(attributes.get(name), `${data.subject}: action_noise: ${name}`)?.data;
    return values?.every((value) => value === values[0]) === true ? values[0] : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = attributes.get(name);
    return typeof value === 'number' ? value : undefined;
  };
  const [kind, mean, deviation] = [nameOf(given)?.split('.').at(-1), same('_mu'), same('_sigma')];
  if (kind === 'NormalActionNoise' && mean === 0 && deviation !== undefined) return { kind: 'gaussian', deviation };
  if (kind === 'OrnsteinUhlenbeckActionNoise' && mean !== undefined && deviation !== undefined) {
    // There noise is not scaled besides.
    return {
      kind: 'ornstein-uhlenbeck',
      mean,
      deviation,
      scale: 1,
      reversion: number('_theta'),
      timeStep: number('_dt'),
    };
  }
  data.leftOut.push(`action_noise: ${nameOf(given) ?? 'of an unknown kind'}, of which Gradus' default takes the place`);
  return undefined;
}

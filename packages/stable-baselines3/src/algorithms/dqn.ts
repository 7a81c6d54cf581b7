import { linear } from '@gradus/core';
import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { ImportError } from '../errors.ts';
import { readFeatures } from '../features.ts';
import type { Tensor } from '../torch-file.ts';
import { Weights, outputsOf, rearrange, transpose, type Linear } from '../weights.ts';
import { readActivation } from './activation.ts';
import { flatten } from './actor-critic.ts';
import { optimizerOptions } from './optimizer.ts';
import { readReplayOptions } from './replay-options.ts';

/** DQN, and QR-DQN of sb3-contrib, whose networks put out quantiles. */
export function describeDqn(model: ImportedModel): AgentDescription {
  const { data, subject } = model;
  const weights = new Weights(model.weights, subject);
  const name = weights.has('quantile_net.') ? 'quantile_net' : 'q_net';
  const actions = model.action.space.kind === 'discrete' ? model.action.space.n : 1;
  const isWhole = (outputs: number): boolean => outputs >= actions && outputs % actions === 0;
  const read = (prefix: string): ReturnType<typeof flatten> => {
    const layers = weights.stack(`${prefix}.${name}`);
    if (layers.length === 0 || !isWhole(outputsOf(layers[layers.length - 1]))) {
      throw new ImportError(`${subject}: ${prefix}: expected outputs for each of ${actions} actions`);
    }
    return flatten({
      features: readFeatures(weights, `${prefix}.features_extractor`, model.observation),
      layers: layers.map((layer, i) => (i === layers.length - 1 ? actionsFirst(layer, actions) : layer)),
    });
  };
  const online = read(name);
  const [from, to, until] = ['initial_eps', 'final_eps', 'fraction'].map((each) => data.number(`exploration_${each}`));
  const knowsEpsilon = from !== undefined && to !== undefined && until !== undefined;
  const quantiles = name === 'quantile_net' ? (online.tensors.at(-1)?.data.length ?? 0) / actions : undefined;
  return {
    algorithm: 'dqn',
    options: {
      ...readFeatures(weights, `${name}.features_extractor`, model.observation).layers,
      ...readReplayOptions(model),
      hidden: online.hidden,
      activation: online.hidden.length > 0 ? readActivation(data, 'relu') : undefined,
      adamEpsilon: optimizerOptions(data).epsilon,
      epsilon: knowsEpsilon ? linear(from, to, until) : undefined,
      distribution: quantiles === undefined ? undefined : { kind: 'quantile', quantiles },
      targetUpdateInterval: data.number('target_update_interval'),
      maxGradNorm: data.value('max_grad_norm') === null ? null : data.number('max_grad_norm'),
    },
    networks: { online: online.tensors, target: read(`${name}_target`).tensors },
  };
}

/** The last layer, whose outputs are actions within quantiles in the file, and quantiles within actions here. */
function actionsFirst(layer: Linear, actions: number): Linear {
  const outputs = outputsOf(layer);
  const quantiles = outputs / actions;
  if (quantiles === 1) return layer;
  const order = Array.from({ length: outputs }, (_, i) => (i % quantiles) * actions + Math.floor(i / quantiles));
  const turned = rearrange({ ...layer, weight: transpose(layer.weight) }, order, []);
  const bias: Tensor = { ...layer.bias, data: Float32Array.from(order, (i) => layer.bias.data[i]) };
  return { weight: transpose(turned.weight), bias };
}

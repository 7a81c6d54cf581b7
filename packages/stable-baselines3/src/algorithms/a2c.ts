import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { flatten, networkOptions, readActorCritic } from './actor-critic.ts';
import { optimizerOptions } from './optimizer.ts';
import { readLossOptions, readRolloutOptions } from './rollout-options.ts';

/** By the names of PyTorch's and Stable-Baselines3's classes. */
const optimizers: Readonly<Record<string, string>> = {
  RMSprop: 'rmsprop',
  RMSpropTFLike: 'tensorflow-rmsprop',
  Adam: 'adam',
};

/** A2C. */
export function describeA2c(model: ImportedModel): AgentDescription {
  const { data } = model;
  const networks = readActorCritic(model);
  const { name, epsilon } = optimizerOptions(data);
  // `use_rms_prop=False` leaves the policy its default.
  const optimizer = name === undefined ? 'adam' : optimizers[name];
  if (name !== undefined && !Object.hasOwn(optimizers, name)) {
    data.leftOut.push(`optimizer_class: ${name}, of which Gradus' default takes the place`);
  }
  if (data.value('normalize_advantage') === true) data.leftOut.push('normalize_advantage: true, which A2c has not');
  return {
    algorithm: 'a2c',
    options: {
      ...networkOptions(networks),
      ...readRolloutOptions(model),
      ...readLossOptions(model),
      optimizer,
      optimizerEpsilon: epsilon,
    },
    networks: {
      parameters: [...flatten(networks.actor).tensors, ...flatten(networks.critic).tensors, ...networks.logStd],
    },
  };
}

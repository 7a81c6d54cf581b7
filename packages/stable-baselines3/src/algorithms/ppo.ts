import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { flatten, networkOptions, readActorCritic } from './actor-critic.ts';
import { optimizerOptions } from './optimizer.ts';
import { fittingBatch, readLossOptions, readRolloutOptions } from './rollout-options.ts';

/** PPO, and MaskablePPO, which is PPO in environments with action masks. */
export function describePpo(model: ImportedModel): AgentDescription {
  const networks = readActorCritic(model);
  return {
    algorithm: 'ppo',
    options: { ...networkOptions(networks), ...ppoOptions(model), batchSize: fittingBatch(model) },
    networks: {
      parameters: [...flatten(networks.actor).tensors, ...flatten(networks.critic).tensors, ...networks.logStd],
    },
  };
}

/** Options of PPO and RecurrentPPO. */
export function ppoOptions(model: ImportedModel): Record<string, unknown> {
  const { data } = model;
  const advantage = data.value('normalize_advantage');
  return {
    ...readRolloutOptions(model),
    ...readLossOptions(model),
    epochs: data.number('n_epochs'),
    clipRange: data.schedule('clip_range'),
    clipRangeValue: data.schedule('clip_range_vf'),
    targetKl: data.number('target_kl'),
    normalizeAdvantage: typeof advantage === 'boolean' ? advantage : undefined,
    adamEpsilon: optimizerOptions(data).epsilon,
  };
}

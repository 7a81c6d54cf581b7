import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { flatten, networkOptions, readActorCritic } from './actor-critic.ts';
import { fittingBatch, readRolloutOptions } from './rollout-options.ts';

/** TRPO of sb3-contrib. */
export function describeTrpo(model: ImportedModel): AgentDescription {
  const { data } = model;
  const networks = readActorCritic(model);
  const advantage = data.value('normalize_advantage');
  return {
    algorithm: 'trpo',
    options: {
      ...networkOptions(networks),
      ...readRolloutOptions(model),
      batchSize: fittingBatch(model),
      targetKl: data.number('target_kl'),
      conjugateGradientSteps: data.number('cg_max_steps'),
      damping: data.number('cg_damping'),
      lineSearchSteps: data.number('line_search_max_iter'),
      lineSearchFactor: data.number('line_search_shrinking_factor'),
      criticEpochs: data.number('n_critic_updates'),
      normalizeAdvantage: typeof advantage === 'boolean' ? advantage : undefined,
    },
    networks: {
      parameters: [...flatten(networks.actor).tensors, ...flatten(networks.critic).tensors, ...networks.logStd],
    },
  };
}

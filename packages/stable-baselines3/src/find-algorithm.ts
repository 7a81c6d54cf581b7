import type { AgentDescription, ImportedModel } from './agent-description.ts';
import { describeA2c } from './algorithms/a2c.ts';
import { describeArs } from './algorithms/ars.ts';
import { describeDdpg, describeTd3 } from './algorithms/deterministic.ts';
import { describeDqn } from './algorithms/dqn.ts';
import { describePpo } from './algorithms/ppo.ts';
import { describeRecurrentPpo } from './algorithms/recurrent-ppo.ts';
import { describeSac, describeTqc } from './algorithms/soft.ts';
import { describeTrpo } from './algorithms/trpo.ts';
import { ImportError } from './errors.ts';
import type { ModelFile } from './model-file.ts';
import { nameOf } from './python.ts';
import { Weights } from './weights.ts';

/** How an algorithm's files are told from others: none says its name, but each has attributes or weights that only its own have. */
interface Sign {
  readonly attribute?: string;
  readonly weights?: string;
  readonly describe: (model: ImportedModel) => AgentDescription;
}

/** In an order in which the first that fits is right. */
const signs: readonly Sign[] = [
  { attribute: 'n_delta', describe: describeArs },
  { weights: 'lstm_actor.', describe: describeRecurrentPpo },
  { attribute: 'cg_max_steps', describe: describeTrpo },
  { attribute: 'n_epochs', describe: describePpo },
  { attribute: 'gae_lambda', describe: describeA2c },
  { weights: 'quantile_net.', describe: describeDqn },
  { weights: 'q_net.', describe: describeDqn },
  { attribute: 'top_quantiles_to_drop_per_net', describe: describeTqc },
  { weights: 'actor.latent_pi.', describe: describeSac },
  { weights: 'critic.qf1.', attribute: 'policy_delay', describe: describeTd3 },
  { weights: 'actor.mu.', describe: describeDdpg },
];

/** What makes a description of a file's agent. Throws {@link ImportError} for algorithms that cannot be imported. */
export function findAlgorithm(model: ModelFile, subject: string): Sign['describe'] {
  const weights = new Weights(model.weights, subject);
  const policy = nameOf(model.data.value('policy_class')) ?? 'an unknown policy';
  const hasNormalization = weights.has('actor.latent_pi.0.ra_mean');
  const found = signs.find(
    (sign) =>
      (sign.attribute === undefined || model.data.has(sign.attribute)) &&
      (sign.weights === undefined || weights.has(sign.weights)),
  );
  if (found !== undefined && !hasNormalization) return found.describe;
  const known = 'PPO, A2C, DQN, QR-DQN, TRPO, ARS, DDPG, TD3, SAC, TQC, RecurrentPPO or MaskablePPO';
  const got = hasNormalization ? 'CrossQ, with its batch renormalization' : policy;
  throw new ImportError(`${subject}: expected an agent of ${known}, got one of ${got}`);
}

/** Whether the agent was trained with action masks. */
export function hasMasks({ data }: ModelFile): boolean {
  return nameOf(data.value('policy_class'))?.startsWith('sb3_contrib.common.maskable.') === true;
}

import type { AgentParts } from '@gradus/core';
import type * as t from '@gradus/tensor';
import { createActor, deterministicPolicy } from './deterministic-policy.ts';
import type { ExplorationNoise } from './exploration-noise.ts';
import type { Exploration, Explorer } from './exploration.ts';
import { explore } from './explore.ts';
import type { NetworkLayers, StateNetwork } from './networks.ts';

/** Something with parameters, for each name of a network. */
type Networks<Names> = Readonly<Record<keyof Names, { readonly parameters: t.Parameters }>>;

/**
 * What agents with a deterministic actor share: a policy that takes its actions, exploration with `options.noise`, and parts, of which those of `online` are
 * named as they are there, `<name>Target` those of `target`, and `<name>Optimizer` what learns. `programs` are those of the algorithm.
 */
export function deterministicParts<Names extends Networks<Names> & { readonly actor: StateNetwork }>(
  {
    online,
    target,
    optimizers,
  }: {
    readonly online: Names;
    readonly target: Networks<Names>;
    readonly optimizers: Readonly<Record<keyof Names, t.Optimizer>>;
  },
  explorer: Omit<Explorer, 'policy' | 'actor' | 'create'>,
  options: NetworkLayers & { readonly noise: ExplorationNoise },
  programs: NonNullable<AgentParts['programs']>,
): { readonly exploration: Exploration; readonly parts: AgentParts } {
  const { env, actions, learning, random, device } = explorer;
  const { actor } = online;
  const policy = deterministicPolicy(env, actions, actor, device);
  const create = (): StateNetwork => createActor(env, options, random);
  const exploration = explore(options.noise, { ...explorer, policy, actor, create });
  const { networks, state, episode, programs: others = [] } = exploration.parts;
  const parts: AgentParts = {
    policy,
    networks: { ...parametersOf(online, ''), ...parametersOf(target, 'Target'), ...networks },
    optimizers: named(optimizers, 'Optimizer'),
    state: { learning, ...state },
    episode,
    programs: [...programs, policy, ...others],
  };
  return { exploration, parts };
}

/** The same under names with something behind them. */
function named<Value>(values: Readonly<Record<string, Value>>, behind: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}${behind}`, value]));
}

function parametersOf(networks: Networks<Record<string, unknown>>, behind: string): Record<string, t.Parameters> {
  const parameters = Object.entries(networks).map(([name, network]) => [name, network.parameters] as const);
  return named(Object.fromEntries(parameters), behind);
}

import {
  applyGraph,
  checkArguments,
  clip,
  constant,
  positiveInteger,
  program,
  traceProgram,
  type Graph,
  type Tensor,
} from '@gradus/tensor';
import { normalizerOf } from '../environments/env-statistics.ts';
import { objectOf, anObject } from '../options/argument-checks.ts';
import type { Space } from '../spaces/spaces.ts';
import type { BaseAgent } from './base-agent.ts';
import { ProgramPolicy } from './program-policy.ts';

const anAgent = objectOf('an agent whose policy is a network', { acting: anObject });

/**
 * How an agent chooses its best actions for `rows` observations, for other formats: inputs and outputs are those of {@link ActProgram}, but for the output
 * `nextMemories`. Observations are as they are before wrappers and the agent normalize them, and actions keep to their bounds. A function, so that pages
 * which do not export agents do not load it.
 * @throws RangeError where no program acts, as with tables.
 * @throws EnvError where the observations of training were changed by another wrapper after they had been normalized.
 */
export function actGraph(agent: Pick<BaseAgent, 'acting' | 'algorithm'>, rows: number): Graph {
  checkArguments('actGraph', { agent, rows }, { agent: anAgent, rows: positiveInteger });
  const { policy, env } = agent.acting;
  if (!(policy instanceof ProgramPolicy)) {
    throw new RangeError(`actGraph: expected an agent whose policy is a network, got one of '${agent.algorithm}'`);
  }
  const { compile, actionSpace, normalizer } = policy.options;
  const normalizers = [normalizerOf(env), normalizer];
  const inner = traceProgram(() => compile(rows, true));
  const used = [...inner.inputs].filter(([, node]) => inner.nodes.includes(node));
  const inputs = Object.fromEntries(used.map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const act = (given: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const seen = normalizers.reduce((x, each) => each?.apply(x) ?? x, given.observations);
    const { actions, memories } = applyGraph(inner, { ...given, observations: seen });
    return { actions: insideBounds(actionSpace, actions), ...(memories && { nextMemories: memories }) };
  };
  return traceProgram(() => program(inputs, act));
}

/** `clipToBounds` within a program. */
function insideBounds(space: Space, actions: Tensor): Tensor {
  if (space.kind !== 'box') return actions;
  const bound = (values: ArrayLike<number>): Tensor => constant([space.size], values);
  return clip(actions, bound(space.low), bound(space.high));
}

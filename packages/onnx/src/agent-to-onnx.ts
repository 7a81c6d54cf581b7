import { actGraph, type BaseAgent } from '@gradus/core';
import { applyGraph, checkArguments, program, type OptionCheck } from '@gradus/tensor';
import { toOnnx } from './to-onnx.ts';

/**
 * How an agent acts, as an ONNX file: its best actions, with whatever normalizes its observations and keeps its actions to their bounds inside. Inputs:
 * `observations`, float32 [batch, size], as the environment gives them (`Dict`s by their layout, pictures row by row); `actionMasks`, int32 [batch, number of
 * actions], 1 or else 0, where the environment had masks; `memories`, float32 [batch, size], of policies that remember, zeros where an episode begins. Outputs:
 * `actions`, int32 or, of a `Box`, float32, [batch] of a `Discrete`, else [batch, size]; `nextMemories`.
 *
 * ```ts
 * const agent = Ppo.load(await loadCheckpoint('runs/ppo-cartpole'));
 * await writeFile('policy.onnx', agentToOnnx(agent));
 * ```
 * @throws RangeError for an agent that acts by no network, such as one of tables, and as {@link toOnnx} does.
 */
export function agentToOnnx(agent: Pick<BaseAgent, 'acting' | 'algorithm'>): Uint8Array {
  checkArguments('agentToOnnx', { agent }, { agent: isActing });
  return toOnnx((rows) => {
    const graph = actGraph(agent, rows);
    const inputs = [...graph.inputs].map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const);
    return program(Object.fromEntries(inputs), (given) => applyGraph(graph, given));
  });
}

const isActing: OptionCheck = {
  expected: 'an agent with networks',
  accepts: (value) =>
    typeof value === 'object' && value !== null && typeof (value as Partial<BaseAgent>).acting === 'object',
};

import { program, type Device, type InputSpec, type Parameters, type Program, type Tensor } from '@gradus/tensor';
import type { ActorCritic } from './actor-critic.ts';
import type { Distribution } from './distributions.ts';
import { actionMaskSize } from '../environments/dynamics.ts';
import type { ActProgram } from './program-policy.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** What networks with a memory are told of sequences, besides what they see. */
export interface UnrollOptions {
  /** float32 [batch · time]: 1 where an episode starts, and with it memory is empty. Default: nowhere. */
  readonly episodeStarts?: Tensor | undefined;
  /** bool [batch · time, number of actions]. Default: all actions are legal. */
  readonly actionMasks?: Tensor | undefined;
}

/** Actor and critic that remember what they saw in an episode. */
export interface RecurrentActorCritic {
  readonly parameters: Parameters;
  /** Numbers that they remember of one episode; all of them are 0 when it starts. */
  readonly memorySize: number;
  /**
   * π and v, [batch · time], at every step of sequences: `observations` [batch · time, size], the steps of one sequence one after
   * another, and the `memories` that it begins with, [batch, memorySize]; and the memories that it ends with.
   */
  unroll(
    observations: Tensor,
    memories: Tensor,
    options?: UnrollOptions,
  ): { readonly policy: Distribution; readonly values: Tensor; readonly memories: Tensor };
  dispose(): void;
}

/** Observations and a key for sampling, masks where the environment has them, memories where the networks have them. */
type ActInputs = Record<'observations' | 'key', InputSpec> & Partial<Record<'actionMasks' | 'memories', InputSpec>>;

/** Acting while learning: draws actions, and keeps what the update needs to know of them. */
export type RolloutProgram = Program<
  ActInputs,
  Record<'actions' | 'logProbabilities' | 'values', unknown> & Partial<Record<'memories', unknown>>
>;

/** v of observations, of the episodes that `memories` are of. */
export type ValueProgram = Program<
  Record<'observations', unknown> & Partial<Record<'memories', unknown>>,
  Record<'values', unknown>
>;

/** Compiles acting while learning, for all copies of `env`. */
export function rolloutProgram(
  networks: ActorCritic | RecurrentActorCritic,
  env: VectorEnv,
  device: Device,
): RolloutProgram {
  return program(
    actInputs(networks, env, env.numEnvs),
    (inputs) => {
      const { policy, values, memories } = look(networks, inputs);
      const actions = policy.sample(inputs.key);
      return { actions, logProbabilities: policy.logProbability(actions), values, ...(memories && { memories }) };
    },
    { device },
  );
}

/** Compiles the values of an observation of every copy of `env`. */
export function valueProgram(
  networks: ActorCritic | RecurrentActorCritic,
  env: VectorEnv,
  device: Device,
): ValueProgram {
  const { observations, memories } = actInputs(networks, env, env.numEnvs);
  return program(
    { observations, ...(memories && { memories }) },
    (inputs) => ({ values: look(networks, inputs).values }),
    { device },
  );
}

/** Compiles acting when learned. */
export function actProgram(
  networks: ActorCritic | RecurrentActorCritic,
  env: VectorEnv,
  device: Device,
  batch: number,
  deterministic: boolean,
): ActProgram {
  return program(
    actInputs(networks, env, batch),
    (inputs) => {
      const { policy, memories } = look(networks, inputs);
      return {
        actions: deterministic ? policy.mode() : policy.sample(inputs.key),
        ...(memories && { memories }),
      };
    },
    { device },
  );
}

function actInputs(networks: ActorCritic | RecurrentActorCritic, env: VectorEnv, batch: number): ActInputs {
  const { observationSpace, actionSpace, actionMasks } = env;
  return {
    observations: [batch, observationSpace.size],
    key: { shape: [2], dtype: 'int32' },
    ...(actionMasks && { actionMasks: { shape: [batch, actionMaskSize(actionSpace)], dtype: 'bool' } }),
    ...('memorySize' in networks && { memories: [batch, networks.memorySize] }),
  };
}

/** What networks make of one observation in each row; what is not used of it is not computed. */
function look(
  networks: ActorCritic | RecurrentActorCritic,
  { observations, memories, actionMasks }: { observations: Tensor; memories?: Tensor; actionMasks?: Tensor },
): { readonly policy: Distribution; readonly values: Tensor; readonly memories?: Tensor } {
  if (!('unroll' in networks)) {
    return { policy: networks.policy(observations, actionMasks), values: networks.value(observations) };
  }
  if (memories === undefined) throw new RangeError('memories: expected those of each row, got none');
  return networks.unroll(observations, memories, { actionMasks });
}

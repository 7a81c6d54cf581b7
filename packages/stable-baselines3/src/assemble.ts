import {
  placeholderEnv,
  type Agent,
  type Checkpoint,
  type DeviceOption,
  type LoadAgentOptions,
  type StateDict,
  type TrainedIn,
  type VectorEnv,
} from '@gradus/core';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '@gradus/tensor';
import type { AgentDescription, ImportedAlgorithm } from './agent-description.ts';
import { ImportError } from './errors.ts';
import type { OptimizerState } from './optimizer-state.ts';
import type { Tensor } from './torch-file.ts';
import type { VecNormalize } from './vec-normalize.ts';

type Options = Readonly<Record<string, unknown>> & DeviceOption;

/** A class of agents. */
interface AgentMaker {
  new (env: VectorEnv, options: Options): Agent;
  load(checkpoint: Checkpoint, options: LoadAgentOptions): Agent;
}

/** Loaded when they are needed, so that pages which never import such an agent go without its algorithm. */
const makers: Readonly<Record<Exclude<ImportedAlgorithm, 'ars'>, () => Promise<AgentMaker>>> = {
  ppo: async () => (await import('@gradus/policy-gradient')).Ppo,
  trpo: async () => (await import('@gradus/policy-gradient')).Trpo,
  'recurrent-ppo': async () => (await import('@gradus/policy-gradient')).RecurrentPpo,
  dqn: async () => (await import('@gradus/value-based')).Dqn,
  a2c: async () => (await import('@gradus/actor-critic')).A2c,
  ddpg: async () => (await import('@gradus/actor-critic')).Ddpg,
  td3: async () => (await import('@gradus/actor-critic')).Td3,
  sac: async () => (await import('@gradus/actor-critic')).Sac,
  tqc: async () => (await import('@gradus/actor-critic')).Tqc,
};

async function makerOf(algorithm: ImportedAlgorithm): Promise<{
  readonly create: (env: VectorEnv, options: Options) => Agent;
  readonly load: (checkpoint: Checkpoint, options: LoadAgentOptions) => Agent;
}> {
  if (algorithm === 'ars') {
    const { PolicySearch, searchMethods } = await import('@gradus/policy-search');
    return {
      create: (env, options) => new PolicySearch(env, searchMethods.ars, options),
      load: (checkpoint, options) => PolicySearch.load(checkpoint, options),
    };
  }
  const maker = await makers[algorithm]();
  return {
    create: (env, options) => new maker(env, options),
    load: (checkpoint, options) => maker.load(checkpoint, options),
  };
}

/** What an agent is made of besides its description. */
export interface Assembly {
  readonly subject: string;
  readonly trainedIn: Omit<TrainedIn, 'statistics'>;
  /** Environment steps that it was trained for. */
  readonly steps: number;
  readonly normalization: VecNormalize | undefined;
  /** What optimizers go on with, by their names. */
  readonly optimizers: Readonly<Record<string, OptimizerState>>;
  /** What was not taken over, to which it adds. */
  readonly leftOut: string[];
  /** What it is loaded with: an environment to go on learning in, a device. */
  readonly load: LoadAgentOptions;
}

/**
 * The agent that was described: a new one without an environment is saved, gets weights, normalization and counter, and is loaded again, so that all that a
 * checkpoint checks is checked here. Throws {@link ImportError} for weights of other shapes, or that are not finite.
 */
export async function assembleAgent(description: AgentDescription, assembly: Assembly): Promise<Agent> {
  const { algorithm, options, networks } = description;
  const { subject, trainedIn, steps, normalization, optimizers, leftOut, load } = assembly;
  const { create, load: loadOf } = await makerOf(algorithm);
  const known = Object.entries({ ...options, ...normalizationOptions(assembly, algorithm) });
  const given = Object.fromEntries(known.filter(([, value]) => value !== undefined));
  const blank = create(placeholderEnv({ ...trainedIn, statistics: {} }), given);
  const { state, files, ...kind } = blank.checkpoint({ saveReplay: false });
  blank.dispose();
  const weights = Object.entries(networks).filter(([name]) => Object.hasOwn(files, `${name}.safetensors`));
  const filled = weights.map(([name, tensors]): [string, Uint8Array] => {
    const file = `${name}.safetensors`;
    return [file, fill(files[file], tensors, `${subject}: ${name}`)];
  });
  if (normalization?.reward && given.normalizeReward !== true) {
    leftOut.push('norm_reward: returns, by which rewards were divided; normalizeReward of @gradus/envs does the same');
  }
  const counted = merge(state, { training: { recorder: { step: steps } } });
  const searched = algorithm === 'ars' ? merge(counted, searchState(state, networks.parameters[0], subject)) : counted;
  const normalized = merge(searched, normalizationState(normalization, given, algorithm, trainedIn.numEnvs));
  const remembered = Object.entries(optimizers).flatMap(([name, memory]): [string, Uint8Array][] => {
    const file = `${name}.safetensors`;
    const network = decodeSafetensors(files[`${memory.network}.safetensors`]);
    const made = goOn(files[file], Object.keys(network), memory);
    if (made === undefined) leftOut.push(`${name}: what it remembered, which is of another kind; it begins anew`);
    return made === undefined ? [] : [[file, made]];
  });
  const changed = Object.fromEntries([...filled, ...remembered]);
  return loadOf({ ...kind, state: normalized, files: { ...files, ...changed } }, load);
}

/** What Adam decays its means by. */
const decays: Readonly<Record<string, number>> = { beta1Power: 0.9, beta2Power: 0.999 };

/**
 * The file of an optimizer of the weights `names`, of which it may change but the critic's, as if it had made the steps that are remembered; undefined where it
 * remembers other things.
 */
function goOn(file: Uint8Array, names: readonly string[], { slots, steps }: OptimizerState): Uint8Array | undefined {
  const before = Object.entries(decodeSafetensors(file));
  const kinds = new Set(before.flatMap(([name]) => (Object.hasOwn(decays, name) ? [] : [name.split('.')[0]])));
  if ([...kinds].sort().join() !== Object.keys(slots).sort().join()) return undefined;
  const entries = before.map(([full, tensor]): [string, StoredTensor] => {
    const [slot, ...rest] = full.split('.');
    const name = rest.join('.');
    const index = names.findIndex((each) => each === name || each === `critic.${name}`);
    if (Object.hasOwn(decays, full)) return [full, { ...tensor, data: Float32Array.of(decays[full] ** steps) }];
    if (!Object.hasOwn(slots, slot) || index < 0) return [full, tensor];
    return [full, { ...tensor, data: Float32Array.from(slots[slot][index].data) }];
  });
  return encodeSafetensors(Object.fromEntries(entries));
}

/** The file of a network, with other numbers. */
function fill(file: Uint8Array, tensors: readonly Tensor[], subject: string): Uint8Array {
  const expected = Object.entries(decodeSafetensors(file));
  if (expected.length !== tensors.length) {
    throw new ImportError(`${subject}: expected ${expected.length} tensors, got ${tensors.length}`);
  }
  const filled = expected.map(([name, { dtype, shape }], i): [string, StoredTensor] => {
    const tensor = tensors[i];
    if (shape.join() !== tensor.shape.join()) {
      throw new ImportError(`${subject}: expected [${shape.join(', ')}] as ${name}, got [${tensor.shape.join(', ')}]`);
    }
    const data = Float32Array.from(tensor.data);
    if (!data.every(Number.isFinite)) throw new ImportError(`${subject}: damaged: ${name} is not finite`);
    return [name, { dtype, shape, data }];
  });
  return encodeSafetensors(Object.fromEntries(filled));
}

/** The state of a search that stands at `parameters`. */
function searchState(state: StateDict, { data }: Tensor, subject: string): StateDict {
  const parameters = Float64Array.from(data);
  const { bestParameters } = state.search as { readonly bestParameters: Float64Array };
  if (bestParameters.length !== parameters.length) {
    throw new ImportError(`${subject}: expected ${bestParameters.length} parameters, got ${parameters.length}`);
  }
  return { search: { bestParameters: parameters, memory: { mean: parameters } } };
}

/** Algorithms that normalize observations and rewards themselves, with this limit; for others wrappers of the environment do. */
const normalizing: readonly ImportedAlgorithm[] = ['ppo', 'a2c', 'trpo', 'recurrent-ppo'];
const [LIMIT, REWARD_LIMIT] = [10, 10];

function normalizesItself({ normalization, trainedIn }: Assembly, algorithm: ImportedAlgorithm): boolean {
  const { observationSpace: space } = trainedIn;
  const isNumeric = space.kind === 'box' && space.dtype === 'float32';
  return [...normalizing, 'ars'].includes(algorithm) && isNumeric && normalization?.observation?.limit === LIMIT;
}

function normalizationOptions(assembly: Assembly, algorithm: ImportedAlgorithm): Record<string, unknown> {
  const { normalization } = assembly;
  return {
    ...(normalizesItself(assembly, algorithm) && { normalizeObservation: true }),
    ...(normalization?.reward && normalizing.includes(algorithm) && { normalizeReward: true }),
  };
}

/** The parts of a checkpoint's state that hold statistics. */
function normalizationState(
  { observation, reward }: Partial<VecNormalize> = {},
  { normalizeObservation, normalizeReward }: Options,
  algorithm: ImportedAlgorithm,
  copies: number,
): StateDict {
  const isOwn = normalizeObservation === true;
  const rewardNormalizer = reward && {
    returns: new Float64Array(copies),
    statistics: { ...reward, limit: REWARD_LIMIT },
  };
  return {
    ...(observation && !isOwn && { training: { statistics: { observation: [observation] } } }),
    ...(observation && isOwn && algorithm === 'ars' && { utility: { normalizer: observation } }),
    ...(algorithm !== 'ars' && {
      rollouts: {
        ...(observation && isOwn && { observationNormalizer: observation }),
        ...(rewardNormalizer && normalizeReward === true && { rewardNormalizer }),
      },
    }),
  };
}

/** `state` with what `changes` have in its place, level by level. */
function merge(state: StateDict, changes: StateDict): StateDict {
  const changed = Object.entries(changes).map(([name, value]) => {
    const before = state[name];
    return [name, isState(before) && isState(value) ? merge(before, value) : value] as const;
  });
  return { ...state, ...Object.fromEntries(changed) };
}

function isState(value: unknown): value is StateDict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

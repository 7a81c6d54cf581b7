import {
  checkArguments,
  featureCount,
  optional,
  positiveInteger,
  type Agent,
  type DeviceOption,
  type Env,
  type LoadAgentOptions,
  type Space,
  type VectorEnv,
} from '@gradus/core';
import { DEFAULT_MAX_BYTES, anEnvironment, someBytes, someObject, someText } from './argument-checks.ts';
import { assembleAgent } from './assemble.ts';
import { ImportError, ofFile } from './errors.ts';
import { findAlgorithm, hasMasks } from './find-algorithm.ts';
import { readModelFile } from './model-file.ts';
import { readOptimizerStates } from './optimizer-state.ts';
import { readSpace } from './spaces.ts';
import { readVecNormalize } from './vec-normalize.ts';

/** How {@link importAgent} imports. */
export interface ImportAgentOptions extends DeviceOption {
  /** To go on learning in. Default: none, for an agent that only acts. */
  readonly env?: Env | VectorEnv | undefined;
  /** Of an environment that it shall act in, to be compared with those of the file. Default: those of `env`, if there is one, else the file's. */
  readonly spaces?: Pick<VectorEnv, 'observationSpace' | 'actionSpace'> | undefined;
  /** The `vecnormalize.pkl` beside the archive: what its observations and rewards were normalized by. Default: by nothing. */
  readonly vecNormalize?: Uint8Array | undefined;
  /** Options of Gradus' algorithm that shall be others than the file's, such as a smaller `bufferSize`. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** The most bytes that the archive may have when it is inflated. Default 2²⁸, 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** What errors call the archive, such as the name of its file. Default `archive`. */
  readonly name?: string | undefined;
  /** What errors call `vecNormalize`. Default `vecnormalize.pkl`. */
  readonly vecNormalizeName?: string | undefined;
}

/** An agent that was imported. */
export interface ImportedAgent {
  /** Of Gradus' algorithm of the same name, see `agent.algorithm`. */
  readonly agent: Agent;
  /** Copies of the environment that it was trained in: rounds have as many steps where it goes on in as many. */
  readonly numEnvs: number;
  /** The version of Stable-Baselines3 that wrote it; undefined where the file does not say it. */
  readonly version: string | undefined;
  /** What was not taken over, in words: Python functions, and settings that Gradus' algorithm has not. */
  readonly leftOut: readonly string[];
}

/** Numbers in the observations of all copies at most: a damaged file could have any. */
const MOST_NUMBERS = 2 ** 24;

/**
 * The agent that `model.save` of Stable-Baselines3 (1.0 to 2.x), or of sb3-contrib, wrote: of PPO, A2C, DQN, QR-DQN, TRPO, ARS, DDPG, TD3, SAC, TQC, RecurrentPPO or
 * MaskablePPO. It acts by the same networks as there, and goes on learning with the settings that it had, where Gradus has them.
 *
 *     const { agent } = await importAgent(new Uint8Array(await file.arrayBuffer()));
 *     const action = agent.act(observation);
 *
 * Nothing that is in the file is executed. What a replay buffer held is not taken over.
 * @throws ImportError for a file that is damaged, too large or of another kind, an agent that Gradus has no equal of, and an `env` with other spaces.
 * @throws RangeError for options that Gradus' algorithm does not have, or that do not fit together.
 */
export async function importAgent(archive: Uint8Array, options: ImportAgentOptions = {}): Promise<ImportedAgent> {
  checkArguments('importAgent', { archive, options }, { archive: someBytes, options: someObject });
  const {
    env,
    spaces = env,
    vecNormalize,
    options: changes = {},
    maxBytes = DEFAULT_MAX_BYTES,
    name: subject = 'archive',
    vecNormalizeName = 'vecnormalize.pkl',
    device,
    ...others
  } = options;
  checkArguments(
    'importAgent',
    { env, spaces, vecNormalize, options: changes, maxBytes, name: subject, vecNormalizeName, ...others },
    {
      env: optional(anEnvironment),
      spaces: optional(anEnvironment),
      vecNormalize: optional(someBytes),
      options: someObject,
      maxBytes: positiveInteger,
      name: someText,
      vecNormalizeName: someText,
    },
  );
  const model = readModelFile(archive, { subject, maxBytes });
  const { data } = model;
  const [observation, action] = ['observation_space', 'action_space'].map((name) =>
    readSpace(data.value(name), `${subject}: ${name}`),
  );
  const describe = findAlgorithm(model, subject);
  const numEnvs = data.number('n_envs') ?? 1;
  if (!positiveInteger.accepts(numEnvs) || numEnvs * observation.space.size > MOST_NUMBERS) {
    throw new ImportError(`${subject}: n_envs: expected a positive integer, not too large, got ${numEnvs}`);
  }
  const copies = env === undefined ? numEnvs : 'numEnvs' in env ? env.numEnvs : 1;
  const imported = { ...model, subject, observation, action, copies };
  const described = ofFile(subject, () => describe(imported));
  const optimizers = ofFile(subject, () => readOptimizerStates(imported, described, describe));
  if (spaces) {
    checkSpace(subject, 'observations', observation.space, spaces.observationSpace);
    checkSpace(subject, 'actions', action.space, spaces.actionSpace);
  }
  const isMasked = env !== undefined && ('numEnvs' in env ? env.actionMasks !== undefined : 'actionMask' in env);
  if (env && hasMasks(model) && !isMasked) {
    data.leftOut.push('action masks: the environment has none');
  }
  const normalization = vecNormalize && readVecNormalize(vecNormalize, observation.space, vecNormalizeName);
  const load: LoadAgentOptions = { env, ...(device && { device }) };
  const hasChanges = Object.keys(changes).length > 0;
  const agent = await assembleAgent(
    { ...described, options: { ...described.options, ...changes } },
    {
      subject,
      trainedIn: {
        observationSpace: spaces?.observationSpace ?? observation.space,
        actionSpace: spaces?.actionSpace ?? action.space,
        numEnvs: copies,
        hasMasks: hasMasks(model),
      },
      steps: data.number('num_timesteps') ?? 0,
      normalization,
      optimizers,
      leftOut: data.leftOut,
      load,
    },
  ).catch((error: unknown) => {
    // What is wrong may be the file's or the caller's.
    if (!(error instanceof RangeError) || hasChanges) throw error;
    throw new ImportError(`${subject}: no agent can be made of it: ${error.message}`, { cause: error });
  });
  return { agent, numEnvs, version: model.version, leftOut: data.leftOut };
}

/** Throws where networks would see other numbers; bounds may be others. */
function checkSpace(subject: string, what: string, expected: Space, given: Space): void {
  const shape = ({ kind, shape: extents, size }: Space): string =>
    (kind === 'box' && extents.length === 3 ? extents : [size]).join();
  const isSame =
    expected.kind === given.kind && featureCount(expected) === featureCount(given) && shape(expected) === shape(given);
  if (isSame) return;
  throw new ImportError(
    `environment: expected ${what} of ${expected.toString()}, as in ${subject}, got ${given.toString()}`,
  );
}

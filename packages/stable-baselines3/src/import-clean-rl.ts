import {
  checkArguments,
  optional,
  positiveInteger,
  type Agent,
  type DeviceOption,
  type Env,
  type LoadAgentOptions,
  type VectorEnv,
} from '@gradus/core';
import { DEFAULT_MAX_BYTES, anEnvironment, someBytes, someObject, someText } from './argument-checks.ts';
import { assembleAgent } from './assemble.ts';
import { readCleanRl } from './clean-rl-names.ts';
import { ImportError, ofFile } from './errors.ts';
import { findAlgorithm } from './find-algorithm.ts';
import { ModelData } from './model-file.ts';
import { importedSpace } from './spaces.ts';
import { readTorchFile } from './torch-file.ts';

/** How {@link importCleanRl} imports. */
export interface ImportCleanRlOptions extends DeviceOption {
  /** The spaces of its environment, which the file does not have: those of an environment, with which the agent only acts. */
  readonly spaces?: Pick<VectorEnv, 'observationSpace' | 'actionSpace'> | undefined;
  /** The environment itself, in place of `spaces`, to go on learning in. */
  readonly env?: Env | VectorEnv | undefined;
  /** Options of Gradus' algorithm, since the file has none, such as those of `ppoSettings.cleanrl`. Default: the algorithm's defaults. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** The most bytes that the file may have when it is inflated. Default 2²⁸, 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** What errors call the model, such as the name of its file. Default `model`. */
  readonly name?: string | undefined;
}

/**
 * The agent in a `.cleanrl_model`, weights of PyTorch without anything else, of CleanRL's `ppo.py`, `ppo_continuous_action.py`, `ppo_atari.py`, `dqn.py`,
 * `dqn_atari.py`, `ddpg_continuous_action.py` or `td3_continuous_action.py`: names and shapes say which.
 * @throws ImportError for a file that is damaged, too large or of another kind, and for spaces that its layers do not fit.
 * @throws RangeError where neither `spaces` nor `env` is given, and for options that Gradus' algorithm does not have.
 */
export async function importCleanRl(model: Uint8Array, options: ImportCleanRlOptions): Promise<Agent> {
  checkArguments('importCleanRl', { model, options }, { model: someBytes, options: someObject });
  const {
    env,
    spaces = env,
    options: changes = {},
    maxBytes = DEFAULT_MAX_BYTES,
    name: subject = 'model',
    device,
    ...others
  } = options;
  checkArguments(
    'importCleanRl',
    { env, spaces, options: changes, maxBytes, name: subject, ...others },
    {
      env: optional(anEnvironment),
      spaces: optional(anEnvironment),
      options: someObject,
      maxBytes: positiveInteger,
      name: someText,
    },
  );
  if (spaces === undefined) {
    throw new RangeError(
      'importCleanRl: expected spaces or env, since the file does not say what the agent sees and does',
    );
  }
  const { observationSpace, actionSpace } = spaces;
  const read = { subject, maxBytes };
  const { weights, attribute } = readCleanRl(readTorchFile(model, read), read);
  const data = new ModelData(new TextEncoder().encode(JSON.stringify({ [attribute]: null })), subject);
  const nothing = new Map<string, never>();
  const file = { version: undefined, data, weights, firstNames: nothing, variables: nothing, optimizers: nothing };
  const copies = env !== undefined && 'numEnvs' in env ? env.numEnvs : 1;
  const [observation, action] = [observationSpace, actionSpace].map((space) => importedSpace(space, subject));
  try {
    const described = ofFile(subject, () =>
      findAlgorithm(file, subject)({ ...file, subject, observation, action, copies }),
    );
    const load: LoadAgentOptions = { env, ...(device && { device }) };
    const trainedIn = { observationSpace, actionSpace, numEnvs: copies, hasMasks: false };
    return await assembleAgent(
      { ...described, options: { ...described.options, ...changes } },
      { subject, trainedIn, steps: 0, normalization: undefined, optimizers: {}, leftOut: data.leftOut, load },
    );
  } catch (error) {
    if (!(error instanceof RangeError) || Object.keys(changes).length > 0) throw error;
    throw new ImportError(`${subject}: no agent can be made of it: ${error.message}`, { cause: error });
  }
}

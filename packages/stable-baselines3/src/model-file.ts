import type { Schedule } from '@gradus/core';
import { openArchive, type ArchiveOptions } from './archive.ts';
import { ImportError } from './errors.ts';
import { readNumberOf } from './numpy.ts';
import { unpickle } from './pickle.ts';
import { readOptimizer, type OptimizerFile } from './optimizer-file.ts';
import { entriesOf, nameOf, pythonText } from './python.ts';
import { readSchedule } from './schedules.ts';
import { firstNames, readStateDict, readTorchFile, type Tensor, type TorchFileOptions } from './torch-file.ts';

/** What `model.save` of Stable-Baselines3 wrote. */
export interface ModelFile {
  /** The version of Stable-Baselines3; undefined in the oldest files. */
  readonly version: string | undefined;
  readonly data: ModelData;
  /** Weights by PyTorch's names. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** PyTorch's names, each with the first of those that have the same weights. */
  readonly firstNames: ReadonlyMap<string, string>;
  /** What else was learned, such as the entropy coefficient. */
  readonly variables: ReadonlyMap<string, Tensor>;
  /** What optimizers remember, by what they change: `policy`, `actor`, `critic` or `entropy`. */
  readonly optimizers: ReadonlyMap<string, OptimizerFile>;
}

const [DATA, POLICY, VARIABLES, OLD_VARIABLES, VERSION] = [
  'data',
  'policy.pth',
  'pytorch_variables.pth',
  'tensors.pth',
  '_stable_baselines3_version',
];
const optimizerFiles: Readonly<Record<string, string>> = {
  policy: 'policy.optimizer.pth',
  actor: 'actor.optimizer.pth',
  critic: 'critic.optimizer.pth',
  entropy: 'ent_coef_optimizer.pth',
};
const wantedFiles: readonly string[] = [
  DATA,
  POLICY,
  VARIABLES,
  OLD_VARIABLES,
  VERSION,
  ...Object.values(optimizerFiles),
];

/** The parts of the archive that an agent is made of. Throws {@link ImportError} where it is none of Stable-Baselines3. */
export function readModelFile(bytes: Uint8Array, options: Omit<ArchiveOptions, 'wanted'>): ModelFile {
  const { subject, maxBytes } = options;
  const files = openArchive(bytes, { ...options, wanted: (name) => wantedFiles.includes(name) });
  const [data, policy] = [DATA, POLICY].map((name) => {
    const file = files.get(name);
    if (file === undefined) {
      throw new ImportError(
        `${subject}: expected an archive of Stable-Baselines3 with ${DATA} and ${POLICY}, ${name} is missing`,
      );
    }
    return file;
  });
  const inside = (name: string): TorchFileOptions => ({ subject: `${subject}: ${name}`, maxBytes });
  const weights = readTorchFile(policy, inside(POLICY));
  const variables = files.get(VARIABLES) ?? files.get(OLD_VARIABLES);
  const version = files.get(VERSION);
  return {
    version: version && new TextDecoder().decode(version).trim(),
    data: new ModelData(data, subject),
    weights: readStateDict(weights, inside(POLICY)),
    firstNames: firstNames(weights),
    variables: variables
      ? readStateDict(readTorchFile(variables, inside(VARIABLES)), inside(VARIABLES))
      : new Map<string, Tensor>(),
    optimizers: new Map(
      Object.entries(optimizerFiles).flatMap(([what, name]) => {
        const file = files.get(name);
        return file ? [[what, readOptimizer(readTorchFile(file, inside(name)), name, inside(name))] as const] : [];
      }),
    ),
  };
}

/** Attributes of a model, by the names that Stable-Baselines3 has: JSON, in which what JSON cannot hold is pickled. */
export class ModelData {
  /** What is not taken over, in words. */
  readonly leftOut: string[] = [];
  readonly subject: string;
  private readonly entries: ReadonlyMap<string, unknown>;
  /** Attributes of the policy that are not its class's defaults. */
  private readonly policy: ReadonlyMap<unknown, unknown>;

  constructor(bytes: Uint8Array, subject: string) {
    this.subject = subject;
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new ImportError(`${subject}: damaged: ${DATA} is no JSON`, { cause: error });
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new ImportError(`${subject}: damaged: ${DATA} is no JSON object`);
    }
    this.entries = new Map(Object.entries(parsed));
    this.policy = asMap(this.value('policy_kwargs')) ?? new Map<unknown, unknown>();
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** An attribute as plain data, or as `unpickle` gives it; undefined where there is none. */
  value(name: string): unknown {
    const entry = this.entries.get(name);
    const pickle = asMap(entry)?.get(':serialized:');
    if (typeof pickle !== 'string') return entry;
    const subject = `${this.subject}: ${name}`;
    return unpickle(fromBase64(pickle, subject), { subject }).value;
  }

  /** An attribute of the policy; undefined where it is its class's default. */
  policyValue(name: string): unknown {
    return this.policy.get(name);
  }

  /** A number, Python's or numpy's; undefined for an attribute that is none, or is not there. */
  number(name: string): number | undefined {
    return readNumberOf(this.value(name), `${this.subject}: ${name}`);
  }

  /** A schedule; undefined, and noted as left out, where it is a function of one's own. */
  schedule(name: string): Schedule | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return undefined;
    const schedule = readSchedule(value);
    if (schedule === undefined) {
      this.leftOut.push(`${name}: ${functionText(value)}, of which Gradus' default takes the place`);
    }
    return schedule;
  }
}

function functionText(value: unknown): string {
  return nameOf(value)?.startsWith('cloudpickle.') === false ? pythonText(value) : 'a Python function';
}

/** A dict, of Python's or of JSON. */
function asMap(value: unknown): ReadonlyMap<unknown, unknown> | undefined {
  const entries = entriesOf(value);
  if (entries !== undefined) return entries;
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? new Map<unknown, unknown>(Object.entries(value)) : undefined;
}

function fromBase64(text: string, subject: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (error) {
    throw new ImportError(`${subject}: damaged: no base64`, { cause: error });
  }
}

import type { ImportedSpace } from './spaces.ts';
import type { ModelFile } from './model-file.ts';
import type { Tensor } from './torch-file.ts';

/** The algorithms that can be imported, by the names that Gradus' agents have. */
export type ImportedAlgorithm =
  'ppo' | 'a2c' | 'trpo' | 'recurrent-ppo' | 'dqn' | 'ddpg' | 'td3' | 'sac' | 'tqc' | 'ars';

/** An agent as a file describes it. */
export interface AgentDescription {
  readonly algorithm: ImportedAlgorithm;
  /** Options by Gradus' names; those that are undefined are left to their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The tensors of each network, in the order of Gradus' parameters; of `ars` the one vector `parameters`. */
  readonly networks: Readonly<Record<string, readonly Tensor[]>>;
}

/** What a description is made of. */
export interface ImportedModel extends ModelFile {
  /** What the file is, to begin messages. */
  readonly subject: string;
  readonly observation: ImportedSpace;
  readonly action: ImportedSpace;
  /** Copies of the environment that it will learn in. */
  readonly copies: number;
}

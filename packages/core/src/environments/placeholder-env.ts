import { EnvError } from '../errors.ts';
import type { Space } from '../spaces/spaces.ts';
import type { EnvStatistics } from './env.ts';
import { actionMaskSize } from './dynamics.ts';
import { VectorBuffers } from './vector-buffers.ts';
import type { VectorEnv } from './vector-env.ts';

/** What an agent knows of the environments that it was trained in. */
export interface TrainedIn {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Number of copies. */
  readonly numEnvs: number;
  /** Whether they have action masks. */
  readonly hasMasks: boolean;
  /** What their wrappers had learned. */
  readonly statistics: EnvStatistics;
}

/** Stands for environments that nobody has given: an agent can be made for them, and act, but whatever would play throws `EnvError`. */
export function placeholderEnv({ observationSpace, actionSpace, numEnvs, hasMasks, statistics }: TrainedIn): VectorEnv {
  const refuse = (): never => {
    throw new EnvError(
      'learn: expected an environment to learn in, which the agent was loaded without: load(checkpoint, { env })',
    );
  };
  const env: VectorEnv = Object.assign(new VectorBuffers(observationSpace, actionSpace, numEnvs), {
    statistics,
    ...(hasMasks && { actionMasks: new Uint8Array(numEnvs * actionMaskSize(actionSpace)).fill(1) }),
    reset: refuse,
    step: refuse,
    getState: refuse,
    setState: refuse,
    close: () => undefined,
  });
  placeholders.add(env);
  return env;
}

const placeholders = new WeakSet<VectorEnv>();

/** Whether `env` was made by {@link placeholderEnv}. */
export function isPlaceholder(env: VectorEnv): boolean {
  return placeholders.has(env);
}

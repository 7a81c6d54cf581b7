import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunningNormalizer, readState, readStates, type Checkpoint, type VectorEnv } from '@gradus/core';
import { vectorizeInThreads } from '@gradus/core/node';
import { normalizeObservation } from '@gradus/envs';
import { messageOf, UserError } from '../user-error.ts';
import { makeVectorEnv } from './environments.ts';
import { importedModules } from './user-modules.ts';

/**
 * So many copies of an environment, stepped in `threads` of their own where a number is given. The numbers are the same.
 * @throws UserError where a thread cannot make its copies.
 */
export async function trainingEnv(id: string, numEnvs: number, threads?: number): Promise<VectorEnv> {
  if (threads === undefined) return makeVectorEnv(id, numEnvs);
  const source = {
    module: pathToFileURL(moduleFile()),
    name: 'envInThread',
    args: [id, importedModules()],
  };
  try {
    // What was built needs none of this process's options, such as those that find TypeScript sources.
    return await vectorizeInThreads(source, numEnvs, { threads, ...(runsSources() ? {} : { execArgv: [] }) });
  } catch (error) {
    throw new UserError(`--env-threads ${threads}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * `env`, its observations normalized where an agent that was imported had them normalized by what surrounds its environment, not by itself: with the statistics
 * that the checkpoint has. Throws `RangeError` for observations that no wrapper normalizes.
 */
export function wrapAsTrained(env: VectorEnv, { state }: Checkpoint): VectorEnv {
  const saved = readState(readState(state, 'training'), 'statistics');
  if (env.statistics !== undefined || !Object.hasOwn(saved, 'observation')) return env;
  const [first] = readStates(saved, 'observation', 1);
  return normalizeObservation(env, { statistics: RunningNormalizer.fromState(first) });
}

/** Whether the command itself runs from its sources (`pnpm dev`), which tests do not. */
function runsSources(): boolean {
  return process.argv.at(1)?.endsWith('cli.ts') === true;
}

function moduleFile(): string {
  return join(import.meta.dirname, runsSources() ? 'env-in-thread.ts' : '../../dist/catalog/env-in-thread.js');
}

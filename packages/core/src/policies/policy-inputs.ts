import { checkArguments, positiveInteger, type InputSpec } from '@gradus/tensor';
import { actionMaskSize } from '../environments/dynamics.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { aReplayedEnv } from '../options/argument-checks.ts';

/** What a policy sees; masks where the environment has them. */
export type StateInputs = Record<'observations', InputSpec> & Partial<Record<'actionMasks', InputSpec>>;

/** What it saw, and the actions that it took. */
export type StepInputs = StateInputs & Record<'actions', InputSpec>;

/** What inputs follow from. */
type PlayedEnv = Pick<VectorEnv, 'numEnvs' | 'observationSpace' | 'actionSpace' | 'actionMasks'>;

/** Inputs of a program: observations [rows × size] and masks [rows × number of actions]. */
export function stateInputs(env: PlayedEnv, rows: number): StateInputs {
  checkArguments('stateInputs', { env, rows }, { env: aReplayedEnv, rows: positiveInteger });
  const { observationSpace, actionSpace, actionMasks } = env;
  return {
    observations: [rows, observationSpace.size],
    ...(actionMasks && { actionMasks: { shape: [rows, actionMaskSize(actionSpace)], dtype: 'bool' } }),
  };
}

/** Inputs of a program: those of {@link stateInputs} and actions, [rows] of `Discrete` ones, else [rows × size]. */
export function stepInputs(env: PlayedEnv, rows: number): StepInputs {
  checkArguments('stepInputs', { env, rows }, { env: aReplayedEnv, rows: positiveInteger });
  const { kind, size } = env.actionSpace;
  const actions: InputSpec = {
    shape: kind === 'discrete' ? [rows] : [rows, size],
    dtype: kind === 'box' ? 'float32' : 'int32',
  };
  return { ...stateInputs(env, rows), actions };
}

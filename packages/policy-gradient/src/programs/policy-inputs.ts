import { actionMaskSize, type VectorEnv } from '@gradus/core';
import type { InputSpec } from '@gradus/tensor';

/** What a policy sees; masks where the environment has them. */
export type StateInputs = Record<'observations', InputSpec> & Partial<Record<'actionMasks', InputSpec>>;

/** What it saw, and the actions that it took. */
export type StepInputs = StateInputs & Record<'actions', InputSpec>;

/** Inputs of a program: observations [rows × size] and masks [rows × number of actions]. */
export function stateInputs({ observationSpace, actionSpace, actionMasks }: VectorEnv, rows: number): StateInputs {
  return {
    observations: [rows, observationSpace.size],
    ...(actionMasks && { actionMasks: { shape: [rows, actionMaskSize(actionSpace)], dtype: 'bool' } }),
  };
}

/** Inputs of a program: those of {@link stateInputs} and actions, [rows] of `Discrete` ones, else [rows × size]. */
export function stepInputs(env: VectorEnv, rows: number): StepInputs {
  const { kind, size } = env.actionSpace;
  const actions: InputSpec = {
    shape: kind === 'discrete' ? [rows] : [rows, size],
    dtype: kind === 'box' ? 'float32' : 'int32',
  };
  return { ...stateInputs(env, rows), actions };
}

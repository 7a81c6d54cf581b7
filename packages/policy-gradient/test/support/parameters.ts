import type { Agent } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';

/** All parameters of an agent's networks in one list, in the order of their file. */
export function parametersOf(agent: Agent): number[] {
  const tensors = decodeSafetensors(agent.checkpoint().files['parameters.safetensors']);
  return Object.values(tensors).flatMap(({ data }) => [...data]);
}

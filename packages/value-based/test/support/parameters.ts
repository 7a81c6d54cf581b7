import type { Agent } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';

/** All parameters of one of an agent's networks in one list, in the order of their file. */
export function parametersOf(agent: Agent, network: 'online' | 'target'): number[] {
  const tensors = decodeSafetensors(agent.checkpoint().files[`${network}.safetensors`]);
  return Object.values(tensors).flatMap(({ data }) => [...data]);
}

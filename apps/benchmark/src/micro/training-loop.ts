import type { Agent } from '@gradus/core';
import type { Device } from '@gradus/tensor';
import type { MicroCase, MicroUpdate } from './micro-case.ts';

/** Steps of a whole training, from the first update on. */
export function loopCase(name: string, make: (device: Device) => Agent, isLarge = true): MicroCase {
  return { name, isLarge, create: (device) => createLoop(make(device)) };
}

function createLoop(agent: Agent): MicroUpdate {
  const training = agent.learn({ steps: Number.MAX_SAFE_INTEGER });
  const metrics = new Float32Array(1);
  const run = (): { readonly metrics: Float32Array } => {
    const { value: progress } = training.next();
    metrics[0] = progress?.metrics['train/value_loss'] ?? progress?.metrics['train/loss'] ?? NaN;
    return { metrics };
  };
  do run();
  while (Number.isNaN(metrics[0]));
  return { run, dispose: () => agent.dispose() };
}

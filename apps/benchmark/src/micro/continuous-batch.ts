import type { Random } from '@gradus/core';
import type { Shape } from '@gradus/tensor';
import { normals, uniforms } from './made-up-data.ts';

/** Something for each part of a batch of transitions. */
export type Transitions<T> = Record<'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminated', T>;

/** Shapes of a batch of Pendulum's transitions: 3 numbers observed, 1 action. */
export function continuousInputs(batch: number): Transitions<Shape> {
  return {
    observations: [batch, 3],
    actions: [batch, 1],
    rewards: [batch, 1],
    nextObservations: [batch, 3],
    terminated: [batch, 1],
  };
}

/** Made-up transitions; none terminates. */
export function continuousBatch(batch: number, random: Random): Transitions<Float32Array> {
  return {
    observations: normals(random, batch * 3),
    actions: uniforms(random, batch, -1, 1),
    rewards: normals(random, batch),
    nextObservations: normals(random, batch * 3),
    terminated: new Float32Array(batch),
  };
}

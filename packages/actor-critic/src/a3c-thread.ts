// What threads with copies of an environment do for A3C: each function is called by `EnvThreads.call`.
import { Random, createActorCritic, type VectorEnv } from '@gradus/core';
import { device, type DeviceName } from '@gradus/tensor';
import type { Played } from './a3c-workers.ts';
import {
  createLearners,
  playApart,
  playTogether,
  type Learners,
  type LearnersTask,
  type Round,
  type Rounds,
} from './a3c.ts';

/** The workers of the copies in this thread: those of the agent that learns in them now. */
const made = new WeakMap<VectorEnv, Learners>();

/** Makes the workers, before `learn` begins or goes on. */
export function begin(env: VectorEnv, task: LearnersTask): void {
  const before = made.get(env);
  before?.workers.dispose();
  before?.networks.dispose();
  // What they are drawn as is never seen.
  const networks = createActorCritic(env, task.options, new Random(0));
  made.set(env, createLearners(env, networks, task, device(task.device as DeviceName)));
}

/** One round of workers that wait for all others. */
export function together(env: VectorEnv, round: Round): Played {
  return playTogether(learnersOf(env), round);
}

/** Rounds of workers that wait for nobody. */
export function apart(env: VectorEnv, rounds: Rounds): Played {
  return playApart(learnersOf(env), rounds);
}

function learnersOf(env: VectorEnv): Learners {
  const found = made.get(env);
  if (!found) throw new RangeError('a3c: expected begin before, got none');
  return found;
}

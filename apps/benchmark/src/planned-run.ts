import { z } from 'zod';
import { deviceNames } from './devices.ts';

/** One training run that a suite asks for: everything that decides its result. Plain data, so that it can travel. */
export const plannedRunSchema = z.strictObject({
  /** Unique in its suite and the same whenever the suite is planned again: `ppo-zoo/CartPole-v1/0-1f3a…`. */
  id: z.string().min(1),
  algorithm: z.string(),
  /** What tells this agent from others of the same algorithm, by default the name of its settings: `ppo-zoo`. */
  label: z.string(),
  environment: z.string(),
  /** Environment copies. */
  numEnvs: z.int().min(1),
  /** The algorithm's options, all that differ from its defaults. */
  options: z.record(z.string(), z.json()),
  /** Environment steps, over all copies. */
  steps: z.int().min(1),
  seed: z.int().min(0),
  device: z.enum(deviceNames),
  /** How often the agent is evaluated during training, evenly spread and at the end: points of its learning curve. */
  evaluations: z.int().min(1),
  /** Episodes of each of these evaluations. */
  evaluationEpisodes: z.int().min(1),
  /** Episodes that the finished agent is scored on, fresh ones. */
  episodes: z.int().min(1),
});

/** A value that fits {@link plannedRunSchema}. */
export type PlannedRun = z.infer<typeof plannedRunSchema>;

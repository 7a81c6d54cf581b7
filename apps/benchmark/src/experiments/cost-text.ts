import { availableParallelism } from 'node:os';
import { plural } from '../files/plural.ts';
import type { Experiment } from './experiment.ts';

/** How long an experiment takes: `about 50 seconds`. */
export function costText(
  { cost, seeds: usual, suite }: Pick<Experiment, 'cost' | 'seeds' | 'suite'>,
  seeds: number = usual,
  cores: number = availableParallelism(),
): string {
  const seconds = (cost.seconds * seeds) / usual;
  if (suite === undefined) return aboutText(seconds);
  return `${aboutText(seconds / cores)} on ${plural(cores, 'core')}`;
}

function aboutText(seconds: number): string {
  if (seconds < 90) return `about ${plural(Math.ceil(seconds), 'second')}`;
  if (seconds < 90 * 60) return `about ${plural(Math.round(seconds / 60), 'minute')}`;
  return `about ${plural(Math.round(seconds / 3600), 'hour')}`;
}

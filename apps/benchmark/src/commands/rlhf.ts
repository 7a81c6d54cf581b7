import type { Command } from 'commander';
import { descriptions } from './descriptions.ts';
import { addRlhfGenerate } from './rlhf-generate.ts';

/** Adds `gradus rlhf`, and in it its commands, to the command. */
export function addRlhf(gradus: Command): void {
  const rlhf = gradus
    .command('rlhf')
    .description(descriptions.rlhf)
    // Options after a command are those of that command.
    .enablePositionalOptions();
  addRlhfGenerate(rlhf);
}

import type { Command } from 'commander';
import { languageAlgorithms } from '../rlhf/algorithms.ts';
import { descriptions } from './descriptions.ts';
import { addRlhfGenerate } from './rlhf-generate.ts';
import { addRlhfTable } from './rlhf-table.ts';
import { addRlhfTrain } from './rlhf-train.ts';

const notes = `
Examples:
  gradus rlhf sft --model gpt2 --data texts.jsonl --out runs/sft
  gradus rlhf reward --model runs/sft --data pairs.jsonl --out runs/reward
  gradus rlhf rloo --model runs/sft --reward runs/reward --data prompts.jsonl --out runs/rloo
  gradus rlhf generate --model runs/rloo --prompt 'Once upon a time'`;

/** Adds `gradus rlhf`, and in it its commands, to the command. */
export function addRlhf(gradus: Command): void {
  const rlhf = gradus
    .command('rlhf')
    .description(descriptions.rlhf)
    // Options after a command are those of that command.
    .enablePositionalOptions()
    .addHelpText('after', notes);
  for (const name of Object.keys(languageAlgorithms)) addRlhfTrain(rlhf, name);
  addRlhfGenerate(rlhf);
  addRlhfTable(rlhf);
}

import { basename, dirname } from 'node:path';
import type { Agent, BaseAgent } from '@gradus/core';
import { Option, type Command } from 'commander';
import { exportFormats, type ExportFormat } from '../export/formats.ts';
import { checkOutputFile, checkOutputFolder } from '../files/check-output-folder.ts';
import { saveOutcome } from '../files/replace-file.ts';
import { chooseAgent } from '../runs/keep-best.ts';
import { count } from '../runs/results.ts';
import { loadRun, loadRunAgent } from '../runs/run.ts';
import { fromUser, UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface ExportOptions {
  readonly format: keyof typeof exportFormats;
  readonly out?: string;
  readonly best: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const formats: Readonly<Record<string, ExportFormat>> = exportFormats;
const notes = `
Formats:
${Object.entries(formats)
  .map(([name, { what }]) => `  ${name.padEnd(12)} ${what}`)
  .join('\n')}

What is written acts as the agent does in evaluations: with its best actions.

Examples:
  gradus train ppo CartPole-v1 --out runs/cart-pole
  gradus export runs/cart-pole --format js --out policy.js
  gradus export runs/cart-pole --format onnx --best`;

/** Adds `gradus export` to the command. */
export function addExport(gradus: Command): void {
  gradus
    .command('export')
    .description(descriptions.export)
    .argument('<dir>', 'where the agent was saved')
    .addOption(new Option('--format <name>', 'what to write').choices(Object.keys(formats)).makeOptionMandatory())
    .option('--out <path>', 'the file or, for tfjs, the folder to write (default: beside <dir>, by its name)')
    .option('--best', 'export the best agent of the training rather than the last', false)
    .option('--force', 'replace what is there', false)
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(exportCommand);
}

async function exportCommand(folder: string, options: ExportOptions): Promise<void> {
  const { format, best, force, json } = options;
  const { ending, write } = formats[format];
  const beside = `${folder.replace(/[/\\]+$/, '')}${best ? '-best' : ''}`;
  const { out = `${beside}${ending || `-${format}`}` } = options;
  const isFolder = ending === '';
  if (isFolder) await checkOutputFolder(out, { file: 'model.json', what: 'an exported model', replace: force });
  else await checkOutputFile(out, '--out', force);
  const { run, checkpoint } = await loadRun(chooseAgent(folder, best));
  const agent = await loadRunAgent(run, checkpoint);
  if (!hasNetwork(agent)) {
    throw new UserError(`export: expected an agent that acts by a program, got one of '${run.algorithm}'`);
  }
  const { algorithm, environment } = run;
  const title = `The best actions of ${algorithm} in ${environment} after ${count(agent.step)} steps, written by Gradus.`;
  const written = await fromUser(() => write({ agent, checkpoint, title }), 'export');
  const isFile = typeof written === 'string' || written instanceof Uint8Array;
  if (isFile) await saveOutcome(dirname(out), { [basename(out)]: written });
  else await saveOutcome(out, written);
  const bytes = Object.values(isFile ? { out: written } : written).reduce((sum, each) => sum + each.length, 0);
  if (json) console.log(JSON.stringify({ algorithm, environment, format, out, bytes }));
  else console.log(`${out}: ${count(Math.ceil(bytes / 1000))} kB`);
}

/** Whether an agent may say how it acts: one of one's own need not. */
function hasNetwork(agent: Agent): agent is Agent & Pick<BaseAgent, 'acting'> {
  return 'acting' in agent;
}

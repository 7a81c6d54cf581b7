import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from 'commander';
import type { Env } from '@gradus/core';
import { importAgent, importCleanRl, type ImportedAgent } from '@gradus/stable-baselines3';
import { defaultDeviceName } from '../catalog/devices.ts';
import { makeEnv } from '../catalog/environments.ts';
import { environmentOf } from '../catalog/user-modules.ts';
import { checkOutputFolder } from '../files/check-output-folder.ts';
import { count } from '../runs/results.ts';
import { saveRun } from '../runs/run.ts';
import { TrainingFolder } from '../results/training-folder.ts';
import { fromUser, messageOf, UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface ImportOptions {
  readonly env: string;
  readonly out: string;
  readonly vecnormalize?: string;
  readonly force: boolean;
  readonly json: boolean;
}

const notes = `
PPO, A2C, DQN, QR-DQN, TRPO, ARS, DDPG, TD3, SAC, TQC, RecurrentPPO and MaskablePPO can be imported. What the agent learned is all there, and its settings
where Gradus has them; what was left out is said. Nothing in the file is executed.

Examples:
  gradus import ppo/CartPole-v1_1/CartPole-v1.zip --env CartPole-v1 --out runs/cart-pole
  gradus import a2c.zip --vecnormalize vecnormalize.pkl --env Acrobot-v1 --out runs/acrobot
  gradus evaluate runs/acrobot
  gradus train --resume runs/acrobot --more-steps 50000`;

/** Adds `gradus import` to the command. */
export function addImport(gradus: Command): void {
  gradus
    .command('import')
    .description(descriptions.import)
    .argument('<file>', "the archive that Stable-Baselines3's model.save wrote (.zip), or a .cleanrl_model")
    .requiredOption(
      '--env <id>',
      "its environment, as 'gradus list' shows them, or a module that exports one of your own",
    )
    .requiredOption('--out <dir>', 'save the agent here')
    .option(
      '--vecnormalize <file>',
      'the vecnormalize.pkl beside it, if there is one: what it saw was normalized by that',
    )
    .option('--force', 'replace the agent that is saved in --out', false)
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(importCommand);
}

async function importCommand(file: string, options: ImportOptions): Promise<void> {
  const { out, vecnormalize, force, json } = options;
  await checkOutputFolder(out, { replace: force });
  const environment = await environmentOf(options.env);
  const spaces = fromUser(() => makeEnv(environment), '--env');
  const archive = await readBytes(file, file);
  const vecNormalize = vecnormalize === undefined ? undefined : await readBytes(vecnormalize, '--vecnormalize');
  const { agent, numEnvs, version, leftOut } = await readAgent(file, archive, spaces, vecNormalize, vecnormalize);
  const { algorithm, step } = agent;
  const folder = await TrainingFolder.take(out);
  try {
    const steps = Math.max(step, 1);
    await saveRun(out, { algorithm, environment, numEnvs, steps, seed: 0, device: defaultDeviceName() }, agent);
  } finally {
    await folder.release();
  }
  if (json) {
    console.log(
      JSON.stringify({ algorithm, environment, steps: step, version: version ?? null, left_out: leftOut, out }),
    );
    return;
  }
  const source = version === undefined ? '' : ` with Stable-Baselines3 ${version}`;
  console.log(`${algorithm} in ${environment}, trained for ${count(step)} steps${source}`);
  for (const each of leftOut) console.log(`left out: ${each}`);
  console.log(`saved in ${out}; to evaluate it: gradus evaluate ${out}`);
}

/** Of CleanRL there are weights alone. @throws UserError for statistics beside these. */
async function readAgent(
  file: string,
  bytes: Uint8Array,
  spaces: Env,
  vecNormalize: Uint8Array | undefined,
  vecNormalizeName: string | undefined,
): Promise<ImportedAgent> {
  if (extname(file) !== '.cleanrl_model') {
    return importAgent(bytes, { spaces, vecNormalize, name: file, vecNormalizeName });
  }
  if (vecNormalize !== undefined) throw new UserError('--vecnormalize: expected none for a model of CleanRL');
  const agent = await importCleanRl(bytes, { spaces, name: file });
  return { agent, numEnvs: 1, version: undefined, leftOut: ['settings, which the file does not have'] };
}

async function readBytes(path: string, where: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new UserError(`${where}: ${path} cannot be read: ${messageOf(error)}`);
  }
}

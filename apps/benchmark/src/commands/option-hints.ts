import { similarNames } from '@gradus/core';
import type { Command } from 'commander';
import { algorithms } from '../catalog/algorithms.ts';

const argument = (what: string): string => `${what} stands without a name: gradus train ppo CartPole-v1`;

/** Options that other libraries' commands have, without what they write differently, and how the same is said here. */
const others: Readonly<Record<string, string>> = {
  timesteps: 'use --steps',
  totaltimesteps: 'use --steps',
  totalsteps: 'use --steps',
  ntimesteps: 'use --steps',
  nsteps: 'steps of a round are set by --set steps=…; --steps are those of the whole training',
  env: argument('the environment'),
  envid: argument('the environment'),
  environment: argument('the environment'),
  algo: argument('the algorithm'),
  algorithm: argument('the algorithm'),
  agent: argument('the algorithm'),
  hyperparams: 'use --set name=value, once for each',
  hyperparameters: 'use --set name=value, once for each',
  tensorboardlog: 'use --log',
  logdir: 'use --log',
  outputdir: 'use --out',
  verbose: 'progress is shown, but for --json',
  logfolder: 'use --out for the agent, --log for its progress',
  trainedagent: 'use --resume',
  evalfreq: 'use --eval-every',
  savefreq: 'use --checkpoint-every, in seconds',
  overwrite: 'use --force',
  seeds: "'gradus train' takes one --seed; 'gradus bench' trains several",
  import: 'it stands after the command: gradus train ppo MyEnv --import ./my-envs.js',
};

/**
 * What to tell of a command line that commander has refused with `message`, where it has an option that other libraries' commands have,
 * or one that is like another of `command`, or that is one of the algorithm's; undefined where nothing is known.
 */
export async function optionHint(message: string, command: Command): Promise<string | undefined> {
  const [, flag] = /unknown option '--?([\w-]+)(?:=.*)?'/.exec(message) ?? [];
  if (flag === undefined) return undefined;
  const plain = flag.toLowerCase().replaceAll(/[_-]/g, '');
  if (Object.hasOwn(others, plain)) return `--${flag}: ${others[plain]}`;
  const flags = new Map(command.options.map((option) => [option.attributeName(), option.long ?? option.flags]));
  const [own] = similarNames(flag, new Set([...flags.keys(), ...(await settableNames(command))]));
  const ownFlag = own === undefined ? undefined : flags.get(own);
  // Commander may have said so.
  if (own === undefined || (ownFlag !== undefined && message.includes(`Did you mean ${ownFlag}`))) return undefined;
  return `--${flag}: ${ownFlag !== undefined ? `use ${ownFlag}` : `options of algorithms are set by --set ${own}=…`}`;
}

/** What --set of a command can set, where it has that: options of its own algorithm, where it is one of `gradus rlhf`, else of any. */
async function settableNames(command: Command): Promise<Set<string>> {
  const names = new Set<string>();
  if (command.options.every(({ long }) => long !== '--set')) return names;
  if (command.parent?.name() === 'rlhf') {
    const { languageAlgorithms } = await import('../rlhf/algorithms.ts');
    for (const name of Object.keys(languageAlgorithms[command.name()].defaults)) names.add(name);
  } else {
    names.add('numEnvs');
    for (const { defaults } of Object.values(algorithms)) for (const name of Object.keys(defaults)) names.add(name);
  }
  names.delete('seed');
  return names;
}

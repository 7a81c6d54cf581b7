import { similarNames } from '@gradus/core';
import { algorithms } from '../catalog/algorithms.ts';

const argument = (what: string): string => `${what} stands without a name: gradus train ppo CartPole-v1`;

/** Options that other libraries' commands have, without what they write differently, and how the same is said here. */
const others: Readonly<Record<string, string>> = {
  timesteps: 'use --steps',
  totaltimesteps: 'use --steps',
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
 * or that is one of an algorithm; undefined where nothing is known.
 */
export function optionHint(message: string): string | undefined {
  const [, flag] = /unknown option '--?([\w-]+)(?:=.*)?'/.exec(message) ?? [];
  if (flag === undefined) return undefined;
  const plain = flag.toLowerCase().replaceAll(/[_-]/g, '');
  if (Object.hasOwn(others, plain)) return `--${flag}: ${others[plain]}`;
  // Commander knows better.
  if (message.includes('Did you mean')) return undefined;
  const options = new Set(Object.values(algorithms).flatMap(({ defaults }) => Object.keys(defaults)));
  options.delete('seed');
  const [own] = similarNames(flag, ['numEnvs', ...options]);
  return own === undefined ? undefined : `--${flag}: options of algorithms are set by --set ${own}=…`;
}

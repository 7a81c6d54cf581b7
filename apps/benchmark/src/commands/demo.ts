import { makeVectorEnv } from '@gradus/envs';
import type { Command } from 'commander';
import { algorithms } from '../algorithms.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../devices.ts';
import { evaluationSeed, resultsTable, scoreAgent, type TrainingResult } from '../results.ts';
import { findSettings } from '../settings.ts';
import { trainInterruptibly } from '../train-interruptibly.ts';

const ENVIRONMENT = 'CartPole-v1';
/** Half a million steps, and steady at their end; the zoo's shorter runs of DQN are not (see its README). */
const SETTINGS = 'cleanrl';
const SEED = 0;
const EPISODES = 100;

/** Adds `gradus demo` to the command. */
export function addDemo(gradus: Command): void {
  gradus
    .command('demo')
    .description(`train ${Object.keys(algorithms).join(' and ')} in ${ENVIRONMENT} and compare them`)
    .addOption(deviceOption())
    .action(demo);
}

async function demo({ device = defaultDeviceName() }: { readonly device?: DeviceChoice }): Promise<void> {
  console.log(`Training ${Object.keys(algorithms).join(' and ')} in ${ENVIRONMENT} on the ${device} device`);
  const results: TrainingResult[] = [];
  for (const algorithm of Object.keys(algorithms)) results.push(await trainOne(algorithm, device));
  console.log(resultsTable(results, EPISODES));
}

async function trainOne(algorithm: string, device: DeviceChoice): Promise<TrainingResult> {
  const { numEnvs, steps, options } = findSettings(SETTINGS, algorithm, ENVIRONMENT);
  const env = makeVectorEnv(ENVIRONMENT, numEnvs);
  const agent = algorithms[algorithm].create(env, { ...options, seed: SEED, device: await openDevice(device) });
  const time = await trainInterruptibly(agent, { steps, quiet: false });
  return {
    algorithm,
    environment: ENVIRONMENT,
    seed: SEED,
    steps: agent.step,
    ...scoreAgent(agent, ENVIRONMENT, EPISODES, evaluationSeed(SEED)),
    ...time,
  };
}

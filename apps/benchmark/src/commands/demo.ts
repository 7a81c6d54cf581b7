import { train } from '@gradus/core';
import { consoleProgress } from '@gradus/core/node';
import { makeVectorEnv } from '@gradus/envs';
import type { Command } from 'commander';
import { algorithms } from '../algorithms.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../devices.ts';
import { evaluationSeed, resultsTable, scoreAgent, trainingTime, type TrainingResult } from '../results.ts';
import { findSettings } from '../settings.ts';
import { Interrupted } from '../user-error.ts';
import { watchSignals } from '../watch-signals.ts';

const ENVIRONMENT = 'CartPole-v1';
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
  const { numEnvs, steps, options } = findSettings('zoo', algorithm, ENVIRONMENT);
  const env = makeVectorEnv(ENVIRONMENT, numEnvs);
  const agent = algorithms[algorithm].create(env, { ...options, seed: SEED, device: await openDevice(device) });
  const signals = watchSignals();
  const { seconds, stopReason } = await train(agent, { steps, callbacks: [signals.callback, consoleProgress()] });
  signals.release();
  if (stopReason !== undefined) throw new Interrupted(`stopped by ${stopReason}`);
  return {
    algorithm,
    environment: ENVIRONMENT,
    seed: SEED,
    steps: agent.step,
    ...scoreAgent(agent, ENVIRONMENT, EPISODES, evaluationSeed(SEED)),
    ...trainingTime(agent.step, seconds),
  };
}

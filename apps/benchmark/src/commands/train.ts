import { resolve } from 'node:path';
import type { Agent, VectorEnv } from '@gradus/core';
import { makeVectorEnv } from '../catalog/environments.ts';
import { Option, type Command } from 'commander';
import { algorithms } from '../catalog/algorithms.ts';
import { checkOutputFolder } from '../files/check-output-folder.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { fileName } from '../files/file-name.ts';
import { integerFrom, oneSeed, positiveNumber } from '../catalog/parse-options.ts';
import { forgetBest, keepBest, refuseBest, resumeBest } from '../runs/keep-best.ts';
import { count, cutOffText, resultsTable, scoreAgent } from '../runs/results.ts';
import { loadRun, loadRunAgent, saveRun, type Run } from '../runs/run.ts';
import {
  chooseSettings,
  findSettings,
  override,
  settingsChoices,
  settingsText,
  type SettingsChoice,
} from '../catalog/settings.ts';
import { nameHint } from '../files/name-hint.ts';
import { trainInterruptibly } from '../runs/train-interruptibly.ts';
import { reasons, saveSomewhere, TrainingPlace } from '../runs/training-place.ts';
import { trainingEnv, wrapAsTrained } from '../catalog/training-env.ts';
import { environmentOf } from '../catalog/user-modules.ts';
import { fromUser, UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface TrainOptions {
  readonly settings?: SettingsChoice;
  readonly set: readonly string[];
  readonly steps?: number;
  readonly moreSteps?: number;
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly episodes: number;
  readonly out?: string;
  readonly log?: string;
  readonly resume?: string;
  readonly checkpointEvery: number;
  readonly evalEvery?: number;
  readonly force: boolean;
  readonly saveReplay: boolean;
  readonly envThreads?: number;
  readonly json: boolean;
}

const notes = `
Training time is that of acting, stepping the environments and learning, without start-up and evaluation.
The agent is evaluated with its best actions on episodes that it has not been trained on.

Ctrl-C ends training after the running update, saves the agent and says how to resume. It is saved each minute besides, so that
no more is lost when the process is killed. What evaluations of 10 episodes on the way find to be the best agent is kept beside it, in
best, and a resumed run replaces it only by a better one. Without --out that is a new folder, runs/<algorithm>-<env>-<seed>, which is made when
it is needed first: training that ends within a minute is not saved. A resumed run gives the same numbers as one that was not interrupted.

Examples:
  gradus train ppo CartPole-v1
  gradus train dqn CartPole-v1 --settings cleanrl --seed 1 --out runs/dqn
  gradus train ppo CartPole-v1 --set learningRate=0.001 --set hidden=[32,32]
  gradus train ppo CartPole-v1 --set 'learningRate=linear(0.001, 0)' --settings defaults
  gradus train --resume runs/dqn
  gradus train --resume runs/dqn --more-steps 50000 --set learningRate=1e-4`;

/** Adds `gradus train` to the command. */
export function addTrain(gradus: Command): void {
  gradus
    .command('train')
    .description(descriptions.train)
    .argument('[algorithm]', `what to train: ${Object.keys(algorithms).join(', ')}`)
    .argument(
      '[environment]',
      "its id, as 'gradus list' shows them, or a module that exports one of your own: ./delivery.js",
    )
    .addOption(
      new Option(
        '--settings <name>',
        "published settings, our own ('gradus'), or the algorithm's defaults (default: the zoo's where they exist, else the algorithm's)",
      ).choices(settingsChoices),
    )
    .addOption(
      new Option('--set <name=value>', 'replace one of the settings, also by a schedule; may be repeated')
        .argParser((text, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .option(
      '--steps <n>',
      'environment steps, counted from the first one (default: those of the settings)',
      integerFrom(1),
    )
    .addOption(
      new Option('--more-steps <n>', 'environment steps, counted from now')
        .argParser(integerFrom(1))
        .conflicts('steps'),
    )
    .option('--seed <n>', 'seed of weights, actions and environments', oneSeed, 0)
    .addOption(deviceOption())
    .option('--episodes <n>', 'episodes of the evaluation', integerFrom(1), 100)
    .option(
      '--out <dir>',
      'save the agent here when training ends, and in DIR/best the best one of the evaluations on the way',
    )
    .option('--force', 'replace the agent that is saved in --out', false)
    .option('--log <dir>', 'write progress.csv and TensorBoard event files here')
    .addOption(
      new Option(
        '--resume <dir>',
        'go on with the agent that was saved here (and save it here again); with --set, settings are others from now on',
      ).conflicts(['settings', 'seed']),
    )
    .option('--checkpoint-every <s>', 'seconds between checkpoints, from which --resume goes on', positiveNumber, 60)
    .option(
      '--eval-every <n>',
      'environment steps between evaluations that find the best agent (default: a tenth of all, where agents are saved)',
      integerFrom(1),
    )
    .option(
      '--no-save-replay',
      'save the agent without its replay buffer, which is empty then when training is resumed',
    )
    .option(
      '--env-threads <n>',
      'step the environment copies in so many threads, with the same numbers (a3c: with sync=true alone, since workers there wait for nobody): for physics and what else takes long; not with hindsight, since threads know no goals',
      integerFrom(1),
    )
    .option('--json', 'show no progress, and print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(trainCommand);
}

async function trainCommand(
  algorithm: string | undefined,
  environment: string | undefined,
  options: TrainOptions,
  command: Command,
): Promise<void> {
  const { out, resume } = options;
  const isElsewhere = resume === undefined || (out !== undefined && resolve(out) !== resolve(resume));
  if (out !== undefined) {
    const advice = `--resume ${out} goes on with it`;
    await checkOutputFolder(out, { replace: options.force || !isElsewhere, advice });
  }
  if (resume !== undefined && !(out !== undefined && isElsewhere)) await refuseBest(resume);
  const place = await TrainingPlace.take(options);
  let started: StartedRun | undefined;
  try {
    started =
      resume === undefined
        ? await startRun(knownAlgorithm(command, algorithm), environment ?? missing(command, 'environment'), options)
        : await resumeRun(resume, algorithm, environment, options);
    const { run, agent } = started;
    const own = `runs/${run.algorithm}-${fileName(run.environment)}-${run.seed}`;
    const { saveReplay } = options;
    const save = async (folder: string): Promise<void> => saveRun(folder, run, agent, { saveReplay });
    if (isElsewhere && place.folder !== undefined) await forgetBest(place.folder);
    const before = resume === undefined ? undefined : await resumeBest(resume, place.folder);
    const every = options.evalEvery ?? (place.folder === undefined ? undefined : Math.ceil(run.steps / 10));
    const evaluation =
      every === undefined ? undefined : keepBest({ run, every, before, folder: async () => place.need(own) });
    const { log, json, checkpointEvery, episodes } = options;
    const time = await trainInterruptibly(agent, {
      steps: run.steps,
      quiet: json,
      log,
      keep: async () => place.keep(own, save, 'gradus train --resume'),
      checkpoint: async () => save(await place.need(own)),
      checkpointEvery,
      evaluation,
    });
    const saved = place.folder === undefined ? undefined : await saveSomewhere(place.folder, save);
    const result = {
      algorithm: run.algorithm,
      environment: run.environment,
      ...(run.settings && { settings: run.settings }),
      seed: run.seed,
      steps: agent.step,
      ...(agent.resumed && { resumed: agent.resumed }),
      ...scoreAgent(agent, run.environment, episodes, run.seed),
      ...time,
      ...(evaluation?.best && { best: evaluation.best }),
    };
    console.log(json ? JSON.stringify(result) : resultsTable([result], episodes));
    if (!json && result.cut_off_episodes > 0) console.log(cutOffText(result.cut_off_episodes, episodes));
    if (saved?.failure !== undefined) throw new UserError(reasons(saved).join('; '));
    if (saved === undefined && !json) console.log('not saved; --out DIR saves the agent');
    if (saved !== undefined && !json) {
      console.log(`saved in ${saved.folder}; to evaluate it again: gradus evaluate ${saved.folder}`);
      const best = evaluation?.best;
      if (best !== undefined) {
        const what = `best on the way: ${best.mean_return.toFixed(1)} at step ${count(best.step)}`;
        console.log(`${what}; to evaluate that one: gradus evaluate ${saved.folder} --best`);
      }
    }
  } finally {
    // Threads of its own would keep the process alive.
    started?.env.close();
    await place.release();
  }
}

interface StartedRun {
  readonly run: Run;
  readonly agent: Agent;
  readonly env: VectorEnv;
}

/** Which algorithm to train. */
function knownAlgorithm(command: Command, name: string | undefined): string {
  if (name === undefined) return missing(command, 'algorithm');
  if (Object.hasOwn(algorithms, name)) return name;
  return command.error(`error: unknown algorithm '${name}'; ${nameHint(name, Object.keys(algorithms))}`);
}

function missing(command: Command, argument: string): never {
  return command.error(`error: missing argument '${argument}'`);
}

async function startRun(algorithm: string, idOrPath: string, options: TrainOptions): Promise<StartedRun> {
  const environment = await environmentOf(idOrPath);
  // Made first, so that an unknown environment is not reported as one without settings.
  fromUser(() => makeVectorEnv(environment, 1)).close();
  const name = chooseSettings(options.settings, algorithm, environment);
  const settings = override(findSettings(name, algorithm, environment), algorithm, options.set);
  const { seed, steps = options.moreSteps ?? settings.steps, device: deviceName = defaultDeviceName() } = options;
  const env = await trainingEnv(environment, settings.numEnvs, options.envThreads);
  const device = await openDevice(deviceName);
  const agent = fromUser(() => algorithms[algorithm].create(env, { ...settings.options, seed, device }));
  if (!options.json) console.error(settingsText(name, algorithm, environment));
  const run = { algorithm, environment, settings: name, numEnvs: settings.numEnvs, steps, seed, device: deviceName };
  return { run, agent, env };
}

async function resumeRun(
  folder: string,
  algorithm: string | undefined,
  environment: string | undefined,
  options: TrainOptions,
): Promise<StartedRun> {
  const { run, checkpoint } = await loadRun(folder);
  for (const [given, saved] of [
    [algorithm, run.algorithm],
    [environment, run.environment],
  ]) {
    if (given !== undefined && given !== saved) {
      throw new UserError(`--resume ${folder}: it was trained as ${run.algorithm} in ${run.environment}, not ${given}`);
    }
  }
  const { steps = run.steps, moreSteps, set, device = run.device } = options;
  const settings = override({ numEnvs: run.numEnvs, steps, options: {} }, run.algorithm, set);
  const { numEnvs } = settings;
  // Made first, for its messages.
  fromUser(() => makeVectorEnv(run.environment, numEnvs), `${folder}: numEnvs`).close();
  const env = await trainingEnv(run.environment, numEnvs, options.envThreads);
  const wrapped = fromUser(() => wrapAsTrained(env, checkpoint), folder);
  const agent = await loadRunAgent(run, checkpoint, { device, env: wrapped, changes: settings.options });
  if (agent.resumed === 'with new episodes' && !options.json) {
    const others = `numEnvs was ${run.numEnvs} and is ${numEnvs}`;
    const lost = `${run.environment} cannot be put back where it was`;
    console.error(`training goes on with new episodes: ${numEnvs === run.numEnvs ? lost : others}`);
  }
  const total = moreSteps === undefined ? steps : agent.step + moreSteps;
  return { run: { ...run, numEnvs, steps: total, device }, agent, env: wrapped };
}

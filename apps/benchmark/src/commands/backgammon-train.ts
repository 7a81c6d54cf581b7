import { backgammon } from '@gradus/envs/backgammon';
import { TdGammon, tdGammonDefaults, type TdGammonOptions } from '@gradus/value-based';
import { Option, type Command } from 'commander';
import { loadBackgammonRun, saveBackgammonRun, type BackgammonRun } from '../backgammon/saved-agent.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { integerFrom, oneSeed, positiveNumber } from '../catalog/parse-options.ts';
import { assignedOptions } from '../catalog/settings.ts';
import { checkOutputFolder } from '../files/check-output-folder.ts';
import { count } from '../runs/results.ts';
import { trainInterruptibly } from '../runs/train-interruptibly.ts';
import { reasons, saveSomewhere, TrainingPlace } from '../runs/training-place.ts';
import { fromUser, UserError } from '../user-error.ts';

interface TrainOptions {
  readonly games?: number;
  readonly set: readonly string[];
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly out?: string;
  readonly force: boolean;
  readonly log?: string;
  readonly resume?: string;
  readonly checkpointEvery: number;
  readonly json: boolean;
}

/** Games if nothing else is asked for. */
const GAMES = 100_000;

const notes = `
Steps are games, and the return of one is the points that it was worth. Step sizes fall from the first game to the last, so that a training that goes on after its end is not one that was longer at
first. Ctrl-C ends training after the running update, saves the agent and says how to go on; it is saved each minute besides. Without --out that is a new folder, runs/td-gammon-<seed>.
A resumed run gives the same numbers as one that was not interrupted.`;

/** Adds `gradus backgammon train`. */
export function addBackgammonTrain(group: Command): void {
  group
    .command('train')
    .description('learn by TD(λ) from games against itself (TD-Gammon)')
    .option('--games <n>', `games, counted from the first one (default: ${count(GAMES)})`, integerFrom(1))
    .addOption(
      new Option('--set <name=value>', "set one of TdGammon's options, also to a schedule; may be repeated")
        .argParser((text, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .option('--seed <n>', 'seed of weights and dice', oneSeed, 0)
    .addOption(deviceOption())
    .option('--out <dir>', 'save the agent here')
    .option('--force', 'replace the agent that is saved in --out', false)
    .option('--log <dir>', 'write progress.csv and TensorBoard event files here')
    .addOption(new Option('--resume <dir>', 'go on with the agent that was saved here').conflicts(['out', 'seed']))
    .option('--checkpoint-every <s>', 'seconds between checkpoints, from which --resume goes on', positiveNumber, 60)
    .option('--json', 'show no progress, and print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(trainCommand);
}

async function trainCommand(options: TrainOptions): Promise<void> {
  const { out, resume, force, json, log, checkpointEvery } = options;
  if (out !== undefined) await checkOutputFolder(out, { replace: force, advice: `--resume ${out} goes on with it` });
  const place = await TrainingPlace.take(options);
  try {
    const { run, agent } = resume === undefined ? await startRun(options) : await resumeRun(resume, options);
    const own = `runs/${agent.algorithm}-${agent.options.seed}`;
    const save = async (folder: string): Promise<void> => saveBackgammonRun(folder, run, agent);
    const time = await trainInterruptibly(agent, {
      steps: run.games,
      quiet: json,
      log,
      checkpointEvery,
      checkpoint: async () => save(await place.need(own)),
      keep: async () => place.keep(own, save, 'gradus backgammon train --resume'),
    });
    const saved = await saveSomewhere(await place.need(own), save);
    const { steps_per_second, seconds } = time;
    const result = { games: agent.step, seed: agent.options.seed, games_per_second: steps_per_second, seconds };
    if (json) console.log(JSON.stringify({ ...result, out: saved.folder }));
    else console.log(`${count(agent.step)} games in ${seconds.toFixed(1)} s, ${count(steps_per_second)} a second`);
    if (saved.failure !== undefined) throw new UserError(reasons(saved).join('; '));
    if (!json) console.log(`saved in ${saved.folder}; how it plays: gradus backgammon evaluate ${saved.folder}`);
    agent.dispose();
  } finally {
    await place.release();
  }
}

interface StartedRun {
  readonly run: BackgammonRun;
  readonly agent: TdGammon;
}

async function startRun(options: TrainOptions): Promise<StartedRun> {
  const { games = GAMES, seed, device = defaultDeviceName() } = options;
  const given: Partial<TdGammonOptions> = assignedOptions(options.set, { ...tdGammonDefaults });
  const opened = await openDevice(device);
  const agent = fromUser(() => new TdGammon(backgammon, { ...given, seed, device: opened }));
  return { run: { games, device }, agent };
}

async function resumeRun(folder: string, options: TrainOptions): Promise<StartedRun> {
  const changes = assignedOptions(options.set, { ...tdGammonDefaults });
  const { run, agent } = await loadBackgammonRun(folder, changes, options.device);
  return { run: { ...run, games: options.games ?? run.games }, agent };
}

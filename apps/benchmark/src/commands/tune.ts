import { dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { benchDisplay, noDisplay } from '../suites/bench-display.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { loadEnvironments } from '../catalog/environments.ts';
import { importModules, importsFrom } from '../catalog/user-modules.ts';
import { integerFrom } from '../catalog/parse-options.ts';
import { count, table } from '../runs/results.ts';
import { ResultsFolder } from '../results/results-folder.ts';
import { onQueue } from '../queue/on-queue.ts';
import { RunPool } from '../runs/run-pool.ts';
import { runLocally } from '../suites/run-locally.ts';
import { seedList } from '../suites/plan-runs.ts';
import { plural } from '../files/plural.ts';
import { shellText } from '../files/shell-text.ts';
import { rungClimber } from '../tune/climb-rung.ts';
import { evolve } from '../tune/evolve.ts';
import { describeParameters } from '../tune/parameter.ts';
import { planTrials, type PlannedTrials } from '../tune/plan-trials.ts';
import { totalSteps, type Rung } from '../tune/rungs.ts';
import { ScoreFile } from '../tune/score-file.ts';
import { searchTrials, type TrialResult } from '../tune/search-trials.ts';
import { evolutionDefaults, readSpace, type Space } from '../tune/space.ts';
import { trainCommandLine } from '../tune/train-command-line.ts';
import { Interrupted, UserError } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import { watchSignals } from '../runs/watch-signals.ts';
import { descriptions } from './descriptions.ts';

interface TuneOptions {
  readonly out?: string;
  readonly workers?: number;
  readonly queue?: string;
  readonly device?: DeviceChoice;
  readonly fresh: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const notes = `
A space is a file of JSON. It names algorithm, environment, settings, steps and seeds as a suite does, and what is searched:

  "parameters": {
    "learningRate": { "log": [1e-5, 1e-2] },      log-uniform
    "gamma": { "uniform": [0.9, 0.999] },
    "entropyCoefficient": { "logNormal": [0.01, 3] },  log-Gaussian: 0.01, within a factor of 3 in two of three draws
    "epochs": { "integer": [3, 20] },              both included
    "batchSize": { "choice": [64, 128, 256] }
  },
  "trials": 27, "seed": 0, "strategy": "random", "grid", "halving" or "evolution", "eta": 3, "minSteps": 5000,
  "evolution": { "population": 9, "elite": 1, "tournament": 3, "crossover": 0.5, "mutation": 0.3, "mutationScale": 0.5 }

random    so many combinations, none twice, are trained to the end on every seed
grid      all combinations are; a log or uniform range says how many values: { "log": [1e-5, 1e-2], "points": 4 }
halving   successive halving: the best of eta combinations goes on, from its checkpoint, with eta times the steps
evolution generations of so many: winners of tournaments have children, with one parent or two, and mutated; with minSteps
          each generation is halved on the way

Results go to DIR (results.jsonl, scores.jsonl); the same command goes on where it was stopped, by Ctrl-C or by force. The same
space gives the same trials and the same scores.

Examples:
  gradus tune apps/benchmark/spaces/ppo-cartpole.json --dry-run
  gradus tune my-space.json --workers 4 --out runs/tune/mine`;

/** How many of the best trials are shown. */
const SHOWN = 10;

/** Adds `gradus tune` to the command. */
export function addTune(gradus: Command): void {
  gradus
    .command('tune')
    .description(descriptions.tune)
    .argument('<space>', 'path of a file that declares the search space')
    .option('--out <dir>', 'results folder (default: runs/tune/<name of the space>)')
    .option('--workers <n>', 'runs at a time (default: one for each core)', integerFrom(1))
    .addOption(
      new Option(
        '--queue <url>',
        "execute runs where 'gradus worker' is running, over this Redis: redis://host:port",
      ).conflicts('workers'),
    )
    .addOption(deviceOption())
    .option('--fresh', 'first delete the results of the space that are there, and say which', false)
    .option('--dry-run', 'show the trials, and do nothing', false)
    .option('--json', 'show no progress, and print a line of JSON for each trial, the best first', false)
    .addHelpText('after', notes)
    .action((space: string, options: TuneOptions) => tuneCommand(space, options, ['gradus', ...gradus.args]));
}

async function tuneCommand(path: string, options: TuneOptions, command: readonly string[]): Promise<void> {
  const { device = defaultDeviceName(), json } = options;
  const space = readSpace(path);
  await importModules(
    (space.imports ?? []).map((each) => resolve(dirname(path), each)),
    `${path}: imports:`,
  );
  await loadEnvironments([space.environment]);
  await openDevice(device, 1);
  const planned = planTrials(space, device);
  const { rungs } = planned;
  if (options.dryRun) {
    console.log(json ? planned.trials.map((trial) => JSON.stringify(trial)).join('\n') : dryRun(space, planned));
    return;
  }
  if (!json) console.error(describeSearch(space, planned));
  const out = options.out ?? `runs/tune/${space.name}`;
  // Those that successive halving gives up are not missing, and those of later generations are not known.
  const isKnown = rungs.length === 1 && planned.generations === 1;
  const runs = isKnown ? planned.trials.flatMap((trial) => trial.runs) : [];
  const { name, description } = space;
  const versions = { gradus: gradusVersion, node: process.version };
  const folder = await ResultsFolder.open(
    out,
    { name, description, command: shellText(command), versions, ...importsFrom(out), runs },
    options.fresh,
  );
  try {
    const goOn = shellText(command.filter((word) => word !== '--fresh'));
    const results = await search(space, planned, folder, options, goOn);
    report(space, rungs, results, json);
  } finally {
    await folder.close();
  }
}

async function search(
  space: Space,
  planned: PlannedTrials,
  folder: ResultsFolder,
  { workers, queue, fresh, json }: TuneOptions,
  goOn: string,
): Promise<readonly TrialResult[]> {
  const { rungs, generations } = planned;
  const { elite } = space.evolution ?? evolutionDefaults;
  const scores = await ScoreFile.open(folder.folder, fresh);
  // Loaded once for all rungs and generations.
  const pool = new RunPool({ workers });
  const stop = new AbortController();
  const release = watchSignals((signal) => {
    stop.abort(signal);
  });
  const say = (line: string): void => {
    if (!json) console.error(line);
  };
  try {
    const climb = rungClimber({
      rungs,
      folder,
      scores,
      execute: queue === undefined ? runLocally({ pool }) : onQueue(queue, space.name),
      display: json ? () => noDisplay : benchDisplay,
      signal: stop.signal,
    });
    return await evolve(planned, elite, (trials, generation) => {
      if (generations > 1) say(`generation ${generation + 1} of ${generations}`);
      return searchTrials(trials, rungs, async (runs, index) => {
        if (rungs.length > 1) say(`rung ${index + 1} of ${rungs.length}: ${describeRung(rungs[index])}`);
        const climbed = await climb(runs, index);
        if (!stop.signal.aborted) return climbed;
        throw new Interrupted(`stopped by ${String(stop.signal.reason)}; to go on: ${goOn}`);
      });
    });
  } finally {
    release();
    await pool.close();
    await scores.close();
  }
}

function describeRung({ trials, steps }: Rung): string {
  return `${plural(trials, 'trial')} to step ${count(steps)}`;
}

function describeSearch(space: Space, planned: PlannedTrials): string {
  const { rungs, rejected, trials, generations, isExhausted } = planned;
  const { algorithm, environment } = space;
  const seeds = seedList(space.seeds).length;
  const steps = count(generations * totalSteps(rungs, seeds));
  const each = generations > 1 ? `${generations} generations, of each ` : '';
  const what = `${algorithm} in ${environment}: ${each}${rungs.map(describeRung).join(', ')}; ${plural(seeds, 'seed')}, ${steps} steps in all`;
  const lines = [what];
  if (rejected.length > 0)
    lines.push(`left out, as not fitting: ${plural(rejected.length, 'combination')}, such as ${rejected[0]}`);
  if (isExhausted) lines.push(`the space has no more than ${plural(trials.length, 'combination')}, each tried once`);
  return lines.join('\n');
}

function dryRun(space: Space, planned: PlannedTrials): string {
  const rows = planned.trials.map(({ index, parameters }) => [String(index), describeParameters(parameters)]);
  return `${table(['trial', 'parameters'], rows)}\n${describeSearch(space, planned)}`;
}

/** Shows the best trials. @throws UserError where none came through. */
function report(space: Space, rungs: readonly Rung[], results: readonly TrialResult[], json: boolean): void {
  const [best] = results;
  if (json) {
    for (const result of results) console.log(JSON.stringify(describeResult(space, rungs, result)));
  } else {
    console.log(resultsTable(rungs, results.slice(0, SHOWN)));
    if (results.length > SHOWN) console.log(`and ${results.length - SHOWN} more`);
  }
  if (best.score === undefined) throw new UserError(`all trials failed, the first of them: ${String(best.error)}`);
  if (!json) console.log(`to train with the best: ${trainCommandLine(space, best.trial.parameters)}`);
}

function describeResult(space: Space, rungs: readonly Rung[], result: TrialResult): object {
  const { trial, rung, score = null, scores, error } = result;
  const { index, parameters } = trial;
  const command = trainCommandLine(space, parameters);
  return { trial: index, parameters, steps: rungs[rung].steps, score, scores, error, command };
}

function resultsTable(rungs: readonly Rung[], results: readonly TrialResult[]): string {
  const rows = results.map(({ trial, rung, score, scores, error }) => [
    String(trial.index),
    count(rungs[rung].steps),
    score === undefined ? 'failed' : score.toFixed(1),
    scores.map((value) => (value === null ? '–' : value.toFixed(1))).join(' '),
    error ?? describeParameters(trial.parameters),
  ]);
  return table(['trial', 'steps', 'score', 'of its seeds', 'parameters'], rows);
}

import { Option, type Command } from 'commander';
import { benchDisplay, noDisplay, recordText } from '../suites/bench-display.ts';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { integerFrom, parseSeeds, positiveNumber } from '../catalog/parse-options.ts';
import { planRuns } from '../suites/plan-runs.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import { runOnQueue } from '../queue/run-on-queue.ts';
import { count, table } from '../runs/results.ts';
import { readRecords, ResultsFolder, type ResultsDescription } from '../results/results-folder.ts';
import { runLocally, type ExecuteRuns } from '../suites/run-locally.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { shellText } from '../files/shell-text.ts';
import { findSuite, listSuites, type Suite } from '../suites/suite.ts';
import { suiteTable } from '../suites/suite-table.ts';
import { Interrupted, UserError } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import { watchSignals } from '../runs/watch-signals.ts';
import { addBenchMicro } from './bench-micro.ts';

interface BenchOptions {
  readonly out?: string;
  readonly seeds?: readonly number[];
  readonly filter?: string;
  readonly workers?: number;
  readonly queue?: string;
  readonly device?: DeviceChoice;
  readonly checkpointEvery: number;
  readonly fresh: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const notes = `
A suite is a file of JSON; its form and the suites there are (${listSuites().join(', ')}) are in apps/benchmark/suites.

Results go to DIR/results.jsonl, a line for each run. What is finished there is not run again: the same command goes on where
it was stopped, by Ctrl-C or by force, and ends with the same numbers as if it had not been. Runs whose settings have
changed are other runs; records of the old ones stay in the file.

With --queue the runs are put on a queue, and 'gradus worker --queue <url>' takes them on any number of machines. Workers, Redis and
this command may be killed and started again. After Ctrl-C here workers go on with what is queued; the same command collects it.

Examples:
  gradus bench quick
  gradus bench classic --seeds 3 --filter 'dqn*CartPole'
  gradus bench classic --queue redis://localhost:6379
  gradus bench my-suite.json --out runs/mine --dry-run`;

/** Adds `gradus bench`, and in it `micro`, to the command. */
export function addBench(gradus: Command): void {
  const bench = gradus
    .command('bench')
    .description('train and score the runs of a suite, or measure speed')
    .usage('[options] <suite>')
    .argument('<suite>', 'name of a suite, or path of its file')
    .option('--out <dir>', 'results folder (default: runs/bench/<name of the suite>)')
    .addOption(new Option('--seeds <n or a,b,c>', 'instead of the seeds of the suite').argParser(parseSeeds))
    .option('--filter <text>', "only runs whose id contains this; '*' stands for any text")
    .option('--workers <n>', 'runs at a time (default: one for each core)', integerFrom(1))
    .addOption(
      new Option(
        '--queue <url>',
        "execute runs where 'gradus worker' is running, over this Redis: redis://host:port",
      ).conflicts(['workers', 'checkpointEvery']),
    )
    .addOption(deviceOption())
    .option('--checkpoint-every <s>', 'seconds between checkpoints of a run', positiveNumber, 15)
    .option('--fresh', 'first delete the results that are there', false)
    .option('--dry-run', 'show the runs and what is finished, and do nothing', false)
    .option('--json', 'show no progress, and print the record of each finished run as a line of JSON', false)
    .addHelpText('after', notes)
    .action((suite: string, options: BenchOptions) => benchCommand(suite, options, ['gradus', ...gradus.args]));
  addBenchMicro(bench);
}

/**
 * Executes `gradus bench`.
 * @param print where results go; progress goes to stderr.
 * @throws UserError where something cannot be run, `Interrupted` after Ctrl-C.
 */
export async function benchCommand(
  name: string,
  options: BenchOptions,
  command: readonly string[],
  print: (line: string) => void = console.log,
): Promise<void> {
  const { seeds, filter, device = defaultDeviceName(), workers, queue } = options;
  const suite = findSuite(name);
  await openDevice(device, 1);
  const runs = planRuns(suite, { device, seeds, filter });
  const out = options.out ?? `runs/bench/${suite.name}`;
  if (options.dryRun) {
    print(dryRun(runs, options.fresh ? [] : await readRecords(out)));
    return;
  }
  const folder = await ResultsFolder.open(out, describe(suite, runs, shellText(command)), options.fresh);
  try {
    // Not to delete what has been finished meanwhile.
    const goOn = shellText(command.filter((word) => word !== '--fresh'));
    const execute =
      queue === undefined
        ? runLocally({ workers, checkpointInterval: options.checkpointEvery })
        : runOnQueue(queue, suite.name);
    await bench(runs, folder, execute, { json: options.json, goOn, print });
  } finally {
    await folder.close();
  }
}

function describe({ name, description }: Suite, runs: readonly PlannedRun[], command: string): ResultsDescription {
  return { name, description, command, versions: { gradus: gradusVersion, node: process.version }, runs: [...runs] };
}

/** What is to be done, and what is done already. */
function dryRun(runs: readonly PlannedRun[], records: readonly RunRecord[]): string {
  const finished = new Set(records.map(({ run }) => run.id));
  const rows = runs.map(({ id, numEnvs, steps }) => [
    id,
    String(numEnvs),
    count(steps),
    finished.has(id) ? 'finished' : '',
  ]);
  const left = runs.filter(({ id }) => !finished.has(id));
  const steps = left.reduce((sum, run) => sum + run.steps, 0);
  return `${table(['run', 'copies', 'steps', ''], rows)}\n${left.length} of ${runs.length} runs to do, ${count(steps)} steps`;
}

/** Executes what is not finished, wherever `execute` does that, and keeps its results. */
async function bench(
  runs: readonly PlannedRun[],
  folder: ResultsFolder,
  execute: ExecuteRuns,
  { json, goOn, print }: { readonly json: boolean; readonly goOn: string; readonly print: (line: string) => void },
): Promise<void> {
  const unfinished = runs.filter(({ id }) => !folder.records.has(id));
  const finished = (): RunRecord[] => runs.flatMap(({ id }) => folder.records.get(id) ?? []);
  if (json) for (const record of finished()) print(JSON.stringify(record));
  const display = json ? noDisplay : benchDisplay(unfinished, runs.length - unfinished.length);
  const failures = new Map<string, string>();
  const stop = new AbortController();
  const release = watchSignals((signal) => {
    stop.abort(signal);
  });
  try {
    await execute(unfinished, {
      loadCheckpoint: ({ id }) => folder.loadCheckpoint(id),
      onStart: (run) => display.start(run),
      onProgress: (run, progress) => display.progress(run, progress),
      onCheckpoint: ({ id }, checkpoint) => folder.saveCheckpoint(id, checkpoint),
      onRecord: async (run, record) => {
        await folder.append(record);
        display.end(run, recordText(record));
        if (json) print(JSON.stringify(record));
      },
      onFailure: async (run, message) => {
        await folder.appendFailure(run, message);
        failures.set(run.id, message);
        display.end(run, `failed: ${message}`);
      },
      onNotice: (line) => display.say(line),
      signal: stop.signal,
    });
  } finally {
    display.close();
    release();
  }
  const records = finished();
  if (!json && records.length > 0) print(suiteTable(runs, records, folder.failures));
  for (const [id, message] of failures) console.error(`failed: ${id}: ${message}`);
  if (stop.signal.aborted && records.length < runs.length) {
    const state = `${records.length} of ${runs.length} runs are finished`;
    throw new Interrupted(`stopped by ${String(stop.signal.reason)}; ${state}; to go on: ${goOn}`);
  }
  if (failures.size > 0) {
    throw new UserError(`${failures.size} of ${runs.length} runs failed; the same command tries them again`);
  }
}

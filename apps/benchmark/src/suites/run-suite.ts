import { dirname, resolve } from 'node:path';
import { defaultDeviceName, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { loadEnvironments } from '../catalog/environments.ts';
import { importModules, importsFrom } from '../catalog/user-modules.ts';
import { shellText } from '../files/shell-text.ts';
import { readRecords, ResultsFolder, type ResultsDescription } from '../results/results-folder.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import { count, table } from '../runs/results.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { watchSignals } from '../runs/watch-signals.ts';
import { Interrupted, UserError } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import { benchDisplay, noDisplay, recordText } from './bench-display.ts';
import { planRuns } from './plan-runs.ts';
import { runLocally, type ExecuteRuns } from './run-locally.ts';
import { suiteTable } from './suite-table.ts';
import { findSuite, type Suite } from './suite.ts';

/** How to run a suite. */
export interface RunSuiteOptions {
  /** Results folder. Default: `runs/bench/<name of the suite>`. */
  readonly out?: string;
  /** Instead of those of the suite. */
  readonly seeds?: readonly number[];
  /** Only runs whose id contains this; `*` stands for any text. */
  readonly filter?: string;
  readonly device?: DeviceChoice;
  /** Where runs of a suite of that name are executed. Default: in threads of this process. */
  readonly execute?: (suite: string) => ExecuteRuns;
  /** Whether to delete first what is there. */
  readonly fresh?: boolean;
  /** Whether to show the runs only. */
  readonly dryRun?: boolean;
  /** Whether to show no progress, and print records as lines of JSON. */
  readonly json?: boolean;
  /** Where results go; progress goes to stderr. Default: stdout. */
  readonly print?: (line: string) => void;
}

/**
 * Executes what is not finished of the suite of that name, or in that file, and shows what came of it.
 * @param command that does so, to be kept with the results and to be told to who stops it.
 * @throws UserError where something cannot be run, `Interrupted` after Ctrl-C.
 */
export async function runSuite(name: string, command: readonly string[], options: RunSuiteOptions = {}): Promise<void> {
  const { seeds, filter, device = defaultDeviceName(), execute = () => runLocally(), print = console.log } = options;
  const { fresh = false, dryRun = false, json = false } = options;
  const suite = findSuite(name);
  await importModules(
    (suite.imports ?? []).map((path) => resolve(dirname(suite.source), path)),
    `${suite.source}: imports:`,
  );
  await loadEnvironments(suite.entries.flatMap(({ environment }) => environment));
  await openDevice(device, 1);
  const runs = planRuns(suite, { device, seeds, filter });
  const out = options.out ?? `runs/bench/${suite.name}`;
  if (dryRun) {
    print(describePlan(runs, fresh ? [] : await readRecords(out)));
    return;
  }
  const folder = await ResultsFolder.open(out, describe(suite, runs, shellText(command), out), fresh);
  try {
    // Not to delete what has been finished meanwhile.
    const goOn = shellText(command.filter((word) => word !== '--fresh'));
    await executeRuns(runs, folder, execute(suite.name), { json, goOn, print });
  } finally {
    await folder.close();
  }
}

function describe(
  { name, description }: Suite,
  runs: readonly PlannedRun[],
  command: string,
  folder: string,
): ResultsDescription {
  const versions = { gradus: gradusVersion, node: process.version };
  return { name, description, command, versions, ...importsFrom(folder), runs: [...runs] };
}

/** What is to be done, and what is done already. */
function describePlan(runs: readonly PlannedRun[], records: readonly RunRecord[]): string {
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
async function executeRuns(
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

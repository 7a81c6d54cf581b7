import { Option, type Command } from 'commander';
import { deviceOption, type DeviceChoice } from '../catalog/devices.ts';
import { integerFrom, parseSeeds, positiveNumber } from '../catalog/parse-options.ts';
import { onQueue } from '../queue/on-queue.ts';
import { runLocally, type ExecuteRuns } from '../suites/run-locally.ts';
import { runSuite } from '../suites/run-suite.ts';
import { listSuites } from '../suites/suite.ts';
import { descriptions } from './descriptions.ts';

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
  gradus bench classic --seeds 0-4 --filter 'dqn*CartPole'
  gradus bench classic --queue redis://localhost:6379
  gradus bench my-suite.json --out runs/mine --dry-run`;

/** Adds `gradus bench`, and in it `micro`, to the command; what `micro` needs, which no suite does, only where `args` name it. */
export async function addBench(gradus: Command, args: readonly string[]): Promise<void> {
  const bench = gradus
    .command('bench')
    .description(descriptions.bench)
    .usage('[options] <suite>')
    .argument('<suite>', 'name of a suite, or path of its file')
    .option('--out <dir>', 'results folder (default: runs/bench/<name of the suite>)')
    .addOption(
      new Option(
        '--seeds <seeds>',
        'instead of those of the suite: so many (3), these (7,8) or a range (0-4)',
      ).argParser(parseSeeds),
    )
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
    .option('--fresh', 'first delete the results of the suite that are there, and say which', false)
    .option('--dry-run', 'show the runs and what is finished, and do nothing', false)
    .option('--json', 'show no progress, and print the record of each finished run as a line of JSON', false)
    .addHelpText('after', notes)
    .action(async (suite: string, { workers, queue, checkpointEvery, ...options }: BenchOptions) => {
      const execute = (name: string): ExecuteRuns =>
        queue === undefined ? runLocally({ workers, checkpointInterval: checkpointEvery }) : onQueue(queue, name);
      await runSuite(suite, ['gradus', ...gradus.args], { ...options, execute });
    });
  const micro = bench
    .command('micro')
    .description('time single updates (forward pass, backward pass, optimizer) on fixed, made-up data');
  if (args.includes('micro')) (await import('./bench-micro.ts')).fillBenchMicro(micro);
}

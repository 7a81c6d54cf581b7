import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { experiments } from '../experiments/experiments.ts';
import { watchRepetitions } from '../experiments/over-seeds.ts';
import { experimentPage } from '../experiments/page.ts';
import {
  checkRecordFolder,
  makeRecord,
  NUMBERS_FILE,
  readRecord,
  verdictText,
  writeRecord,
} from '../experiments/record.ts';
import { costText } from '../experiments/cost-text.ts';
import { repetitionProgress } from '../experiments/repetition-progress.ts';
import { freePath } from '../files/check-output-folder.ts';
import { nameHint } from '../files/name-hint.ts';
import { MOST_HELD, integerFrom } from '../catalog/parse-options.ts';
import { saveOutcome } from '../files/replace-file.ts';
import { table } from '../runs/results.ts';
import { UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface ExperimentOptions {
  readonly out?: string;
  readonly record?: string;
  readonly seeds?: number;
  readonly results?: string;
  readonly numbers?: string;
  readonly force: boolean;
  readonly json: boolean;
}

const notes = `
An experiment computes its numbers from seeds, draws them, and decides by them whether what theory or
literature make one expect holds, claim by claim. DIR gets report.html, a page that loads nothing, the figures as
SVG, ${NUMBERS_FILE}, and the verdict as README.md. The same seeds give the same files. What is committed of each is in
apps/benchmark/experiments.

dqn-ablation, zeroth-and-first-order and replay-study read what 'gradus bench' wrote of the suites of these names, and run them
first where there is nothing.

Examples:
  gradus experiment list
  gradus experiment td-lambda
  gradus experiment td-lambda --seeds 20 --out /tmp/td-lambda
  gradus experiment td-lambda --record apps/benchmark/experiments`;

/** Adds `gradus experiment`, and in it `list`, to the command. */
export function addExperiment(gradus: Command): void {
  const experiment = gradus
    .command('experiment')
    .description(descriptions.experiment)
    .usage('[options] <name>')
    .argument('<name>', `one of ${experiments.map(({ name }) => name).join(', ')}`)
    .option('--out <dir>', 'where the page goes (default: a new folder, runs/experiments/<name>)')
    .option('--record <dir>', 'write figures, numbers and verdict, which are committed, to DIR/<name> as well')
    .option('--seeds <n>', "repetitions (default: the experiment's)", integerFrom(1, MOST_HELD))
    .option('--results <dir>', "results folder of 'gradus bench' to read (default: runs/bench/<its suite>)")
    .addOption(
      new Option('--numbers <file>', `show the numbers of such a ${NUMBERS_FILE} instead of computing`).conflicts([
        'seeds',
        'results',
      ]),
    )
    .option('--force', 'replace the record of the same experiment that is in --out or --record', false)
    .option('--json', 'print the verdict as one line of JSON', false)
    .addHelpText('after', notes)
    .action((name: string, options: ExperimentOptions) => experimentCommand(name, options, ['gradus', ...gradus.args]));
  experiment
    .command('list')
    .description('show the experiments')
    .option('--json', 'print them as one line of JSON', false)
    .action(({ json }: { readonly json: boolean }) => {
      if (json) {
        const listed = experiments.map(({ name, section, seeds, cost, question }) => {
          return { name, section, seeds, seconds: cost.seconds, question };
        });
        console.log(JSON.stringify(listed));
        return;
      }
      const rows = experiments.map((each) => [each.name, each.section, costText(each), each.question]);
      console.log(table(['experiment', 'section', 'takes', 'question'], rows));
    });
}

async function experimentCommand(name: string, options: ExperimentOptions, command: readonly string[]): Promise<void> {
  const experiment = experiments.find((each) => each.name === name);
  if (experiment === undefined) {
    const hint = nameHint(
      name,
      experiments.map((each) => each.name),
    );
    throw new UserError(`unknown experiment '${name}'; ${hint}`);
  }
  const { seeds = experiment.seeds, results, numbers, json, force } = options;
  const out = options.out ?? freePath(join('runs', 'experiments', name));
  if (results !== undefined && experiment.suite === undefined) {
    throw new UserError(`--results ${results}: ${name} computes all of its numbers and reads no results`);
  }
  await checkRecordFolder(experiment, out, { option: '--out', replace: force });
  const committed = options.record === undefined ? undefined : join(options.record, name);
  if (committed !== undefined) await checkRecordFolder(experiment, committed, { option: '--record', replace: force });

  const { repetitions } = experiment.cost;
  const takes = costText(experiment, seeds);
  if (!json && numbers === undefined && experiment.suite === undefined) console.error(`${name} takes ${takes}`);
  // A bench shows itself how far it is.
  const release =
    json || repetitions === undefined
      ? () => undefined
      : watchRepetitions(repetitionProgress(name, (repetitions * seeds) / experiment.seeds, console.error));
  const record =
    numbers === undefined
      ? makeRecord(
          experiment,
          seeds,
          await experiment.run({ seeds, results: results ?? `runs/bench/${experiment.suite ?? name}`, takes, command }),
        )
      : readRecord(experiment, numbers);
  release();
  const page = join(out, 'report.html');
  await writeRecord(record, out);
  await saveOutcome(out, { 'report.html': experimentPage(record) });
  if (committed !== undefined) await writeRecord(record, committed);

  const { claims } = record;
  const holds = claims.every((claim) => claim.holds);
  if (json)
    console.log(JSON.stringify({ experiment: name, command: record.kept.command, holds, claims, report: page }));
  else {
    console.log(table(record.table.head, record.table.rows));
    for (const claim of claims) console.log(`${claim.holds ? '✓' : '✗'} ${claim.claim}: ${claim.found}`);
    console.log(`${name} ${verdictText(claims)}\nreport: ${page}`);
  }
}

import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { checkOutputFile } from '../files/check-output-folder.ts';
import { standaloneSvg } from '../report/figure.ts';
import { reportPage } from '../report/page.ts';
import { makeReport, reportFigures, type Report } from '../report/report.ts';
import { saveOutcome } from '../files/replace-file.ts';
import { readResults } from '../results/results-folder.ts';
import { lostText } from '../results/run-groups.ts';
import { descriptions } from './descriptions.ts';

interface ReportOptions {
  readonly out?: string;
  readonly svg?: string;
  readonly ignoreFailed: boolean;
  readonly force: boolean;
}

const notes = `
The page is one file that loads nothing from anywhere: learning curves, final scores beside published ones with their sources,
steps per second, metrics over all environments, and every run with its settings, times, versions and machine. Results of
several folders are shown together, as long as no algorithm has the same label and environment in two of them. Runs that
failed, or that were asked for and are not on record, count as the lowest return that is known of their environment. Folders
with runs of Python are taken as well: evaluations.npz or monitor.csv of Stable-Baselines3, event files of TensorBoard.

Examples:
  gradus report runs/bench/classic
  gradus report runs/bench/classic runs/bench/mine --out report.html --svg figures`;

/** Adds `gradus report` to the command. */
export function addReport(gradus: Command): void {
  gradus
    .command('report')
    .description(descriptions.report)
    .argument('<results...>', "folders that 'gradus bench' wrote, or with runs of Python")
    .option('--out <file>', 'the page (default: report.html in the first folder)')
    .option('--svg <dir>', 'write each figure as a file of its own as well')
    .option('--ignore-failed', 'leave out runs that failed or are missing rather than count them as the worst', false)
    .option('--force', 'replace the page and the figures that are there', false)
    .addHelpText('after', notes)
    .action(reportCommand);
}

async function reportCommand(folders: readonly string[], options: ReportOptions): Promise<void> {
  const { out = join(folders[0], 'report.html'), ignoreFailed } = options;
  const { incomplete } = await writeReport(folders, out, options);
  for (const group of incomplete) {
    console.error(`note: ${lostText(group)}: ${ignoreFailed ? 'left out' : 'counted as the worst'}`);
  }
  console.log(`report: ${out}`);
}

/**
 * Writes the report of results folders to the file `out`, and its figures to the folder `svg` if that is given.
 * @throws UserError where results cannot be read or a file cannot be written, or is there and not to be replaced; each file is whole or as it was before.
 */
export async function writeReport(
  folders: readonly string[],
  out: string,
  { svg, ignoreFailed, force }: Omit<ReportOptions, 'out'>,
): Promise<Report> {
  const results = await Promise.all(folders.map(readResults));
  await checkOutputFile(out, '--out', force);
  const report = makeReport(results, ignoreFailed);
  const figures =
    svg === undefined
      ? []
      : reportFigures(report).map((figure) => ({ figure, folder: svg, file: `${figure.name}.svg` }));
  for (const { folder, file } of figures) await checkOutputFile(join(folder, file), '--svg', force);
  for (const { figure, folder, file } of figures) await saveOutcome(folder, { [file]: standaloneSvg(figure) });
  await saveOutcome(dirname(out), { [basename(out)]: reportPage(report) });
  return report;
}

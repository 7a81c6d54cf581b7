import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { checkOutputFile } from '../check-output-folder.ts';
import { standaloneSvg } from '../report/figure.ts';
import { reportPage } from '../report/page.ts';
import { makeReport, reportFigures } from '../report/report.ts';
import { saveOutcome } from '../replace-file.ts';
import { readResults } from '../results-folder.ts';

interface ReportOptions {
  readonly out?: string;
  readonly svg?: string;
}

const notes = `
The page is one file that loads nothing from anywhere: learning curves, final scores beside published ones with their sources,
steps per second, metrics over all environments, and every run with its settings, times, versions and machine. Results of
several folders are shown together, as long as no algorithm has the same label and environment in two of them.

Examples:
  gradus report runs/bench/classic
  gradus report runs/bench/classic runs/bench/mine --out report.html --svg figures`;

/** Adds `gradus report` to the command. */
export function addReport(gradus: Command): void {
  gradus
    .command('report')
    .description('write results as a page of figures and tables')
    .argument('<results...>', "folders that 'gradus bench' wrote")
    .option('--out <file>', 'the page (default: report.html in the first folder)')
    .option('--svg <dir>', 'write each figure as a file of its own as well')
    .addHelpText('after', notes)
    .action(reportCommand);
}

async function reportCommand(folders: readonly string[], options: ReportOptions): Promise<void> {
  const { out = join(folders[0], 'report.html'), svg } = options;
  await writeReport(folders, out, svg);
  console.log(`report: ${out}`);
}

/**
 * Writes the report of results folders to the file `out`, and its figures to the folder `svg` if that is given.
 * @throws UserError where results cannot be read or a file cannot be written; each file is whole or as it was before.
 */
export async function writeReport(folders: readonly string[], out: string, svg?: string): Promise<void> {
  const results = await Promise.all(folders.map(readResults));
  await checkOutputFile(out, '--out');
  if (svg !== undefined) await checkOutputFile(join(svg, 'figure.svg'), '--svg');
  const report = makeReport(results);
  if (svg !== undefined) {
    for (const figure of reportFigures(report)) {
      await saveOutcome(svg, { [`${figure.name}.svg`]: standaloneSvg(figure) });
    }
  }
  await saveOutcome(dirname(out), { [basename(out)]: reportPage(report) });
}

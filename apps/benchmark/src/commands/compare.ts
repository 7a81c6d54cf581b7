import type { Command } from 'commander';
import { compareRuns, lostRuns, SIGNIFICANCE, type Comparison } from '../compare/compare-runs.ts';
import { readResults } from '../results/results-folder.ts';
import { nameHint } from '../files/name-hint.ts';
import { pValueText } from '../report/numbers.ts';
import { table } from '../runs/results.ts';
import { finishedOnly, groupName, groupRuns, type RunGroup } from '../results/run-groups.ts';
import { fromUser, UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

const PERCENT = 100 * SIGNIFICANCE;

const notes = `
A is the candidate, B the baseline: folders that 'gradus bench' wrote, or two labels (of one folder, or the first of A and the second
of B). Compared are algorithms of the same label in the same
environment, by their final scores: one for each run (seed), the mean return of its finished agent. P(A > B) is the
probability that a run of A scores better than one of B, ties counting half; 50 % means no difference. Overall it is the mean
over all, with its 95 % stratified bootstrap interval.

It is a regression, with exit status 1, where A is significantly worse in one task or, if there are several, in all
taken together. Each of these is an exact one-sided permutation test of rank sums (Mann-Whitney; overall the sum over the tasks, scores
being exchanged within each). Holm's correction over these tests keeps the probability of a false alarm at ${PERCENT} % or below.
Runs that failed, or that suite.json asks for and are not on record, count as the lowest score that is known of their environment,
in A, in B, or of random actions; where A has some, the exit status is 1. With --ignore-failed they are left out.

With few runs no test can be significant: 3 against 3 give p = 0.05 at best, 5 against 5 0.004.

Examples:
  gradus compare runs/bench/classic runs/bench/classic-main
  gradus compare runs/new runs/old --json
  gradus compare runs/bench/dqn-family --labels double-dqn,dqn`;

/** Adds `gradus compare` to the command. */
export function addCompare(gradus: Command): void {
  gradus
    .command('compare')
    .description(descriptions.compare)
    .argument('<a>', 'results folder of the candidate')
    .argument('[b]', 'results folder of the baseline; with --labels that of the candidate, if it is left out')
    .option('--labels <a,b>', 'compare results of these two labels, the first those of the candidate')
    .option('--ignore-failed', 'leave out runs that failed or are missing rather than count them as the worst', false)
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(compareCommand);
}

interface CompareOptions {
  readonly ignoreFailed: boolean;
  readonly labels?: string;
  readonly json: boolean;
}

async function compareCommand(
  folderA: string,
  folderB: string | undefined,
  { ignoreFailed, labels, json }: CompareOptions,
  command: Command,
): Promise<void> {
  if (folderB === undefined && labels === undefined) command.error("error: missing required argument 'b'");
  const [labelA, labelB] = labels === undefined ? [] : parseLabels(labels, command);
  const folders = [folderA, folderB ?? folderA];
  const groups = (await Promise.all(folders.map(readResults))).map((results) => groupRuns([results]));
  const [candidate, baseline] =
    labelA === undefined || labelB === undefined
      ? groups
      : [labelA, labelB].map((label, i) => withLabel(groups[i], label, `${labelA} v ${labelB}`, folders[i]));
  const [a, b] = folders.map((folder, i) => {
    const label = [labelA, labelB][i];
    return label === undefined ? folder : folderB === undefined ? label : `${label} of ${folder}`;
  });
  const chosen = (groups: readonly RunGroup[]): readonly RunGroup[] => (ignoreFailed ? finishedOnly(groups) : groups);
  const comparison = fromUser(() => compareRuns(chosen(candidate), chosen(baseline)));
  const leftOut = ignoreFailed ? [...lostRuns(candidate, 'A'), ...lostRuns(baseline, 'B')] : [];
  const remarks = [...leftOut.map((text) => `${text}: left out`), ...comparison.remarks];
  console.log(json ? JSON.stringify({ a, b, ...comparison, remarks }) : report(comparison));
  if (!json) for (const remark of remarks) console.error(`note: ${remark}`);
  const worse = [
    ...comparison.tasks.filter(({ regression }) => regression).map(groupName),
    ...(comparison.overall.regression && comparison.tasks.length > 1 ? ['overall'] : []),
  ];
  const problems = [
    ...(worse.length > 0 ? [`significant regression: ${a} is worse than ${b} in ${worse.join(', ')}`] : []),
    ...(comparison.lost > 0
      ? [
          `${comparison.lost} runs of ${a} failed or are missing, and count as the worst; --ignore-failed leaves them out`,
        ]
      : []),
  ];
  if (problems.length > 0) throw new UserError(problems.join('; '));
}

function parseLabels(text: string, command: Command): readonly [string, string] {
  const [a, b, ...more] = text.split(',').map((label) => label.trim());
  if (a === '' || b === undefined || b === '' || more.length > 0) {
    command.error(
      `error: option '--labels <a,b>' argument '${text}' is invalid. Expected two labels, such as dqn,double-dqn.`,
    );
  }
  return [a, b];
}

/** The groups of a label, by the name of what is compared. */
function withLabel(groups: readonly RunGroup[], label: string, name: string, folder: string): RunGroup[] {
  const own = groups.filter((group) => group.label === label);
  if (own.length > 0) return own.map((group) => ({ ...group, label: name }));
  const known = [...new Set(groups.map((group) => group.label))];
  throw new UserError(`--labels: ${folder} has no label '${label}'; ${nameHint(label, known)}`);
}

function report({ tasks, overall, regression }: Comparison): string {
  const head = ['algorithm', 'environment', 'runs', 'A', 'B', 'P(A > B)', 'p (A worse)', ''];
  const rows = tasks.map((task) => [
    task.label,
    task.environment,
    `${runsText(task.runs_a, task.lost_a)} v ${runsText(task.runs_b, task.lost_b)}`,
    task.mean_a.toFixed(2),
    task.mean_b.toFixed(2),
    percent(task.probability_of_improvement),
    pValueText(task.p_value),
    task.regression ? 'worse' : task.decidable ? '' : 'too few runs',
  ]);
  const lines = [table(head, rows), overallText(overall)];
  const undecidable = tasks.filter(({ decidable }) => !decidable).length;
  if (undecidable > 0) {
    lines.push(`With so few runs no regression can be significant in ${undecidable} of ${tasks.length} tasks.`);
  }
  const lost = tasks.reduce((sum, { lost_a, lost_b }) => sum + lost_a + lost_b, 0);
  if (lost > 0) lines.push(`${lost} of these runs failed or are missing, and count as the worst.`);
  if (!regression) lines.push('No significant regression.');
  return lines.join('\n');
}

/** How many runs are finished, and of how many where that is not all. */
function runsText(all: number, lost: number): string {
  return lost === 0 ? String(all) : `${all - lost} of ${all}`;
}

function overallText({ probability_of_improvement, low, high, p_value }: Comparison['overall']): string {
  const interval = `95 % interval ${percent(low)} to ${percent(high)}`;
  return `Overall P(A > B) = ${percent(probability_of_improvement)} (${interval}, p (A worse) ${pValueText(p_value)})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

import type { Command } from 'commander';
import { compareRuns, SIGNIFICANCE, type Comparison } from '../compare/compare-runs.ts';
import { readResults } from '../results-folder.ts';
import { table } from '../results.ts';
import { groupName, groupRuns } from '../run-groups.ts';
import { fromUser, UserError } from '../user-error.ts';

const PERCENT = 100 * SIGNIFICANCE;

const notes = `
A is the candidate, B the baseline: folders that 'gradus bench' wrote. Compared are algorithms of the same label in the same
environment, by their final scores: one for each run (seed), the mean return of its finished agent. P(A > B) is the
probability that a run of A scores better than one of B, ties counting half; 50 % means no difference. Overall it is the mean
over all, with its 95 % stratified bootstrap interval.

It is a regression, with exit status 1, where A is significantly worse in one task or, if there are several, in all
taken together. Each of these is an exact one-sided permutation test of rank sums (Mann-Whitney; overall the sum over the tasks, scores
being exchanged within each). Holm's correction over these tests keeps the probability of a false alarm at ${PERCENT} % or below.
With few runs no test can be significant: 3 against 3 give p = 0.05 at best, 5 against 5 0.004.

Examples:
  gradus compare runs/bench/classic runs/bench/classic-main
  gradus compare runs/new runs/old --json`;

/** Adds `gradus compare` to the command. */
export function addCompare(gradus: Command): void {
  gradus
    .command('compare')
    .description('say with what probability results improve on others; fail on a significant regression')
    .argument('<a>', 'results folder of the candidate')
    .argument('<b>', 'results folder of the baseline')
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(compareCommand);
}

async function compareCommand(a: string, b: string, { json }: { readonly json: boolean }): Promise<void> {
  const [candidate, baseline] = await Promise.all([a, b].map(readResults));
  const comparison = fromUser(() => compareRuns(groupRuns([candidate]), groupRuns([baseline])));
  console.log(json ? JSON.stringify({ a, b, ...comparison }) : report(comparison));
  if (!json) for (const remark of comparison.remarks) console.error(`note: ${remark}`);
  const worse = [
    ...comparison.tasks.filter(({ regression }) => regression).map(groupName),
    ...(comparison.overall.regression && comparison.tasks.length > 1 ? ['overall'] : []),
  ];
  if (worse.length > 0) throw new UserError(`significant regression: ${a} is worse than ${b} in ${worse.join(', ')}`);
}

function report({ tasks, overall, regression }: Comparison): string {
  const head = ['algorithm', 'environment', 'runs', 'A', 'B', 'P(A > B)', 'p (A worse)', ''];
  const rows = tasks.map((task) => [
    task.label,
    task.environment,
    `${task.runs_a} v ${task.runs_b}`,
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
  if (!regression) lines.push('No significant regression.');
  return lines.join('\n');
}

function overallText({ probability_of_improvement, low, high, p_value }: Comparison['overall']): string {
  const interval = `95 % interval ${percent(low)} to ${percent(high)}`;
  return `Overall P(A > B) = ${percent(probability_of_improvement)} (${interval}, p (A worse) ${pValueText(p_value)})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function pValueText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

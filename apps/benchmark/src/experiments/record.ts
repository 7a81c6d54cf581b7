import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkOutputFolder } from '../files/check-output-folder.ts';
import { parseJson } from '../files/parse-json.ts';
import { saveOutcome } from '../files/replace-file.ts';
import { standaloneSvg, type Figure } from '../report/figure.ts';
import { messageOf, UserError } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import type { Claim, Experiment, NumbersTable } from './experiment.ts';

/** What is kept of an experiment in `numbers.json`. */
const keptSchema = z.strictObject({
  experiment: z.string(),
  command: z.string(),
  /** Versions of `gradus` and `node`. */
  versions: z.strictObject({ gradus: z.string(), node: z.string() }),
  numbers: z.record(z.string(), z.json()),
});

/** A value that fits {@link keptSchema}. */
type Kept = z.infer<typeof keptSchema>;

/** An experiment's outcome: its numbers, and all that is made of them. */
export interface ExperimentRecord {
  readonly experiment: Experiment;
  readonly kept: Kept;
  readonly figures: readonly Figure[];
  readonly table: NumbersTable;
  readonly claims: readonly Claim[];
}

/** The file of an experiment's folder that tells what it is. */
export const NUMBERS_FILE = 'numbers.json';

/** Digits that are kept of a number. */
const DIGITS = 6;

/**
 * The record of numbers that were computed with so many seeds. They are rounded before anything is made of them.
 * @throws RangeError for a number that is not finite.
 */
export function makeRecord(experiment: Experiment, seeds: number, numbers: object): ExperimentRecord {
  const { name, seeds: usual } = experiment;
  return describeNumbers(experiment, {
    experiment: name,
    command: `gradus experiment ${name}${seeds === usual ? '' : ` --seeds ${seeds}`}`,
    versions: { gradus: gradusVersion, node: process.version },
    numbers: roundNumbers(numbers),
  });
}

/**
 * The record that a file with kept numbers belongs to.
 * @throws UserError where it cannot be read, is of another experiment, or its numbers are not what the experiment computes.
 */
export function readRecord(experiment: Experiment, path: string): ExperimentRecord {
  const kept = readKept(path);
  if (kept.experiment !== experiment.name) {
    throw new UserError(`${path}: expected numbers of ${experiment.name}, got those of ${kept.experiment}`);
  }
  try {
    return describeNumbers(experiment, kept);
  } catch (error) {
    throw new UserError(`${path}: these are not the numbers that ${experiment.name} computes: ${messageOf(error)}`);
  }
}

/**
 * Finds out before the work whether its record can be written into a folder: it is new, empty, or has one of the same experiment that may be replaced.
 * @throws UserError, with the option that names the folder, when it cannot.
 */
export async function checkRecordFolder(
  { name }: Experiment,
  folder: string,
  { option, replace }: { readonly option: string; readonly replace: boolean },
): Promise<void> {
  // What it is told of first is what --force does not help.
  await checkOutputFolder(folder, { file: NUMBERS_FILE, what: "an experiment's", option, replace: true });
  const path = join(folder, NUMBERS_FILE);
  if (!existsSync(path)) return;
  const { experiment } = readKept(path);
  if (experiment !== name) {
    throw new UserError(`${option} ${folder}: expected a new folder or that of ${name}, found that of ${experiment}`);
  }
  if (!replace) throw new UserError(`${option} ${folder}: there is a record of ${name}; --force replaces it`);
}

/** `holds: …` or `does not hold: …`, in one line. */
export function verdictText(claims: readonly Claim[]): string {
  const failed = claims.filter(({ holds }) => !holds);
  if (failed.length === 0) return claims.length === 1 ? 'holds' : `holds: all ${claims.length} claims`;
  return `does not hold: ${failed.length} of ${claims.length} claims ${failed.length === 1 ? 'fails' : 'fail'}`;
}

/** Writes figures, numbers and verdict into a folder. @throws UserError where a file cannot be written; each is whole or as before. */
export async function writeRecord(record: ExperimentRecord, folder: string): Promise<void> {
  await saveOutcome(folder, recordFiles(record));
}

/** What {@link writeRecord} writes, by file name. */
export function recordFiles(record: ExperimentRecord): Record<string, string> {
  return {
    ...Object.fromEntries(record.figures.map((figure) => [`${figure.name}.svg`, standaloneSvg(figure)])),
    [NUMBERS_FILE]: `${keptText(record.kept)}\n`,
    'README.md': readme(record),
  };
}

function readKept(path: string): Kept {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`);
  }
  return parseJson(keptSchema, text, path);
}

function describeNumbers(experiment: Experiment, kept: Kept): ExperimentRecord {
  const { numbers } = kept;
  const { figures, table, claims } = {
    figures: experiment.figures(numbers),
    table: experiment.table(numbers),
    claims: experiment.verdict(numbers),
  };
  return { experiment, kept, figures, table, claims };
}

function roundNumbers(numbers: object): Kept['numbers'] {
  const text = JSON.stringify(numbers, (key, value: unknown) => {
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value)) throw new RangeError(`numbers: expected a finite ${key}, got ${value}`);
    return Number(value.toPrecision(DIGITS));
  });
  return JSON.parse(text) as Kept['numbers'];
}

/** JSON with what holds no other object or list on one line. */
function keptText(kept: Kept): string {
  return JSON.stringify(kept, undefined, 2).replaceAll(/[[{][^[\]{}]*[\]}]/g, (part) => part.replaceAll(/\n\s*/g, ' '));
}

function readme({ experiment, kept, figures, table, claims }: ExperimentRecord): string {
  const { title, question, section, method, remarks = [] } = experiment;
  const { command, versions } = kept;
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const parts = [
    `# ${title}`,
    `${question} (${section})`,
    figures.map(({ name, title: alt }) => `![${alt}](${name}.svg)`).join('\n'),
    '## Method',
    ...method,
    `\`\`\`sh\npnpm ${command}\n\`\`\``,
    `With Gradus ${versions.gradus} on Node ${versions.node}; all numbers are in [${NUMBERS_FILE}](${NUMBERS_FILE}).`,
    '## Numbers',
    [row(table.head), row(table.head.map((_, i) => (i === 0 ? '---' : '--:'))), ...table.rows.map(row)].join('\n'),
    '## Verdict',
    `**The expectation ${verdictText(claims)}.** A claim is what theory or literature make one expect, its threshold a choice of this experiment; code decides by the numbers whether it holds:`,
    claims.map(({ claim, holds, found }) => `- ${holds ? '✓' : '✗'} ${claim}: ${found}.`).join('\n'),
    ...remarks,
  ];
  return `${parts.join('\n\n')}\n`;
}

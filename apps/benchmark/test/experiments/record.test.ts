import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/experiments/experiment.ts';
import { experiments } from '../../src/experiments/experiments.ts';
import { experimentPage } from '../../src/experiments/page.ts';
import { makeRecord, readRecord, recordFiles, verdictText, writeRecord } from '../../src/experiments/record.ts';
import { parsePage, textsOf } from '../parse-page.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { madeUpExperiment } from './made-up-experiment.ts';

describe('makeRecord', () => {
  it('rounds numbers to six digits before a verdict is reached', () => {
    const { kept, claims } = makeRecord(madeUpExperiment, 2, { value: 0.500_000_01 });
    expect(kept.numbers).toEqual({ value: 0.5 });
    expect(claims).toEqual([{ claim: 'the value is at most 0.5', holds: true, found: 'it is 0.5' }]);
  });

  it('names the command that gives the same, with seeds where they are not the usual ones', () => {
    expect(makeRecord(madeUpExperiment, 2, { value: 1 }).kept.command).toBe('gradus experiment made-up');
    expect(makeRecord(madeUpExperiment, 3, { value: 1 }).kept.command).toBe('gradus experiment made-up --seeds 3');
  });

  it.each([NaN, Infinity])('refuses %s, which JSON cannot hold', (value) => {
    expect(() => makeRecord(madeUpExperiment, 2, { value })).toThrow(`numbers: expected a finite value, got ${value}`);
  });
});

describe('verdictText', () => {
  const claim = (holds: boolean) => ({ claim: '', holds, found: '' });
  it.each([
    { holds: [true], text: 'holds' },
    { holds: [true, true, true], text: 'holds: all 3 claims' },
    { holds: [true, false, true], text: 'does not hold: 1 of 3 claims fails' },
    { holds: [false, false, true], text: 'does not hold: 2 of 3 claims fail' },
  ])('of $holds is "$text"', ({ holds, text }) => {
    expect(verdictText(holds.map(claim))).toBe(text);
  });
});

describe('recordFiles', () => {
  const files = recordFiles(makeRecord(madeUpExperiment, 2, { value: 0.75 }));

  it('are a figure, its numbers, and a text with the verdict', () => {
    expect(Object.keys(files)).toEqual(['figure.svg', 'numbers.json', 'README.md']);
    expect(JSON.parse(files['numbers.json'])).toMatchObject({ experiment: 'made-up', numbers: { value: 0.75 } });
    const readme = files['README.md'];
    expect(readme).toContain('# A & <b>\n\nIs it so? (S0)\n\n![Values](figure.svg)\n');
    expect(readme).toContain('```sh\npnpm gradus experiment made-up\n```');
    expect(readme).toContain('| name | value |\n| --- | --: |\n| a \\| b | 0.75 |');
    expect(readme).toContain('**The expectation does not hold: 1 of 1 claims fails.**');
    expect(readme).toContain('- ✗ the value is at most 0.5: it is 0.75.\n\nThat is a pity.');
  });

  it('have figures that are whole and need nothing else', () => {
    expect(files['figure.svg']).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/);
    expect(files['figure.svg'].replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /http|url\(|href|@import|<script/,
    );
  });
});

describe('readRecord', () => {
  it('gives back what was written', async () => {
    const folder = temporaryFolder();
    const record = makeRecord(madeUpExperiment, 3, { value: 0.123_456_789 });
    await writeRecord(record, folder);
    expect(readRecord(madeUpExperiment, join(folder, 'numbers.json'))).toEqual(record);
  });

  it.each([
    { what: 'is not there', text: undefined, message: /ENOENT/ },
    { what: 'is no JSON', text: '{', message: /expected JSON/ },
    {
      what: 'is of another experiment',
      text: JSON.stringify({ experiment: 'other', command: '', versions: { gradus: '', node: '' }, numbers: {} }),
      message: /expected numbers of made-up, got those of other/,
    },
    {
      what: 'has other numbers',
      text: JSON.stringify({ experiment: 'made-up', command: '', versions: { gradus: '', node: '' }, numbers: {} }),
      message: /these are not the numbers that made-up computes/,
    },
  ])('throws a UserError for a file that $what', ({ text, message }) => {
    const path = join(temporaryFolder(), 'numbers.json');
    if (text !== undefined) writeFileSync(path, text);
    expect(() => readRecord(madeUpExperiment, path)).toThrow(message);
  });
});

describe('experimentPage', () => {
  const page = experimentPage(makeRecord(madeUpExperiment, 2, { value: 0.75 }));
  const document = parsePage(page);

  it('says everything, escaped', () => {
    expect(textsOf(document, 'h1')).toEqual(['A & <b>']);
    expect(textsOf(document, 'header p b')).toEqual(['does not hold: 1 of 1 claims fails']);
    expect(textsOf(document, '.claims li')).toEqual(['✗ does not hold the value is at most 0.5: it is 0.75.']);
    expect(textsOf(document, 'tbody th, tbody td')).toEqual(['a | b', '0.75']);
    expect(document.querySelectorAll('figure > svg')).toHaveLength(1);
  });

  it('loads nothing and runs nothing', () => {
    expect(
      document.querySelectorAll('script, iframe, object, embed, link:not([href="data:,"]), [src], image, use'),
    ).toHaveLength(0);
    expect(page).not.toMatch(/url\(|@import|http/);
  });
});

/** What is committed: a folder for each experiment. */
const RECORDS = join(import.meta.dirname, '../../experiments');

function committedExperiments(): Experiment[] {
  return readdirSync(RECORDS).map((name) => {
    const experiment = experiments.find((each) => each.name === name);
    if (experiment === undefined) throw new Error(`${join(RECORDS, name)}: there is no such experiment`);
    return experiment;
  });
}

it.each(committedExperiments())('the record of $name is what its numbers say', (experiment) => {
  const folder = join(RECORDS, experiment.name);
  const files = recordFiles(readRecord(experiment, join(folder, 'numbers.json')));
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
  for (const [file, content] of Object.entries(files)) expect(text(file)).toBe(content);
  // Of no machine.
  expect(text('numbers.json')).not.toMatch(/\/(?:home|root|tmp|work|Users)\b/);
});

import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { reportPage } from '../../src/report/page.ts';
import { makeReport } from '../../src/report/report.ts';
import { parsePage, textsOf } from '../parse-page.ts';
import { classicResults, resultsOf, syntheticRecords } from '../synthetic-results.ts';

function pageOf(records: readonly RunRecord[], name = 'classic') {
  const page = reportPage(makeReport([resultsOf(records, name)]));
  const document = parsePage(page);
  const text = (selector: string) => textsOf(document, selector);
  return { page, document, text };
}

const classic = pageOf(classicResults());

describe('reportPage', () => {
  it('shows numbers that are right', () => {
    const { text } = pageOf(
      syntheticRecords([
        { label: 'ppo-zoo', environment: 'Acrobot-v1', scores: [-70, -72, -74, -76, -90], steps: 1_000_000 },
        { label: 'mine', algorithm: 'ppo', environment: 'Acrobot-v1', scores: [-70] },
      ]),
    );
    const [ppo, mine] = text('section table tbody tr');
    // Mean −76.4, standard deviation √((6.4² + 4.4² + 2.4² + 0.4² + 13.6²) / 4) = 7.9, middle three −74, all above −100; median 10⁶ / 2.2.
    expect(ppo).toMatch(
      /^Acrobot-v1 ppo-zoo 5 1M −76\.4 ± 7\.9 −74\.0 \[−8\d\.\d, −7\d\.\d\] 100 % −76\.4 ± 7\.9 −73\.5 ± 18\.2 zoo, 1M /,
    );
    expect(ppo).toMatch(/zoo, 1M ≈ within −86\.4 ± 1\.3 cleanrl, 500k ✓ reached 454,545$/);
    expect(mine).toMatch(/^mine 1 100k −70\.0 −70\.0 100 % −70\.0 −73\.5 ± 18\.2 zoo, 1M ✓ reached .* 50,000$/);
    expect(text('header p.abstract')[1]).toBe(
      '6 runs of 2 algorithms in 1 environment: 5.1 million environment steps in 13 s of training. ' +
        'Final scores reach 4 of 4 published scores, or do so within their 95 % interval.',
    );
    expect(text('.origin dd')).toEqual([
      'gradus bench classic',
      'Gradus 0.0.0, Node 20.19.0',
      'AMD EPYC 7B13, linux x64',
      '2026-03-01',
    ]);
  });

  it('has every run with its settings', () => {
    const { text, document } = classic;
    expect(text('details summary b')).toHaveLength(7);
    expect(text('details pre')[1]).toBe('learningRate: 0.0023 bufferSize: 100000 hidden: [256,256]');
    const rows = [...document.querySelectorAll('details tbody')].map((body) => body.querySelectorAll('tr').length);
    expect(rows).toEqual([5, 5, 5, 5, 5, 5, 5]);
    expect(text('details tbody tr')[1]).toContain('resumed at step 40,000');
  });

  it('draws one curve and one band for each algorithm in each environment, with axes', () => {
    const { document } = classic;
    const figures = [...document.querySelectorAll('svg[aria-label^="Learning curves"]')];
    expect(figures.map((figure) => figure.querySelectorAll('[aria-label="area"] path').length)).toEqual([2, 2, 2, 1]);
    const means = figures.map((figure) => figure.querySelectorAll('[aria-label="line"][stroke-width="2"] path').length);
    expect(means).toEqual([2, 2, 2, 1]);
    expect(figures[0].textContent).toContain('environment steps');
    expect(figures[1].textContent).toContain('environment steps (logarithmic)');
  });

  it('counts runs that failed or are missing as the worst, and says so', () => {
    const records = syntheticRecords([
      { label: 'ppo-zoo', environment: 'CartPole-v1', scores: [480, 490, 500, 500, 500], start: 100 },
      { label: 'dqn-zoo', environment: 'CartPole-v1', scores: [400], start: 100 },
    ]);
    const { description, folder } = resultsOf(records);
    const failure = { run: records[2].run, error: 'loss is NaN', origin: { finished: '', gradus: '', node: '' } };
    const without = {
      folder,
      description,
      records: [records[0], records[1], records[4], records[5]],
      failures: [failure],
    };
    const pageFor = (ignoreLost: boolean) => {
      const report = makeReport([without], ignoreLost);
      const text = (selector: string) => textsOf(parsePage(reportPage(report)), selector);
      return { summary: report.summaries[0], text };
    };
    const { summary, text } = pageFor(false);
    // Random actions score 22.2, less than any run: 480, 490, 500, 22.2, 22.2.
    expect(summary.mean.value).toBeCloseTo((480 + 490 + 500 + 2 * 22.2) / 5, 9);
    // ⌊5/4⌋ = 1 is dropped at either end.
    expect(summary.iqm.value).toBeCloseTo((22.2 + 480 + 490) / 3, 9);
    expect(summary.solved).toBe(3 / 5);
    expect(text('section table tbody tr')[0]).toMatch(/^CartPole-v1 ppo-zoo 3 of 5 100k .* 60 % /);
    expect(text('header p.abstract').join(' ')).toContain(
      '2 runs failed or are missing. In scores and intervals each counts as the lowest return',
    );
    expect(text('header p.abstract').join(' ')).toContain(
      '2 of 5 runs of ppo-zoo in CartPole-v1 failed or are missing (1 failed: loss is NaN; 1 missing).',
    );
    expect(text('details tbody tr').filter((row) => /failed|missing/.test(row))).toEqual([
      '2 failed: loss is NaN',
      '3 missing',
    ]);

    const ignored = pageFor(true);
    expect(ignored.summary.mean.value).toBeCloseTo(490, 9);
    expect(ignored.text('header p.abstract').join(' ')).toContain('2 runs failed or are missing. They are left out');
  });

  it('loads nothing and runs nothing', () => {
    const { page, document } = classic;
    expect(
      document.querySelectorAll('script, iframe, object, embed, link:not([href="data:,"]), [src], image, use'),
    ).toHaveLength(0);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page.replaceAll(/<a href="https:[^"]*"/g, '')).not.toContain('http');
  });

  it('escapes everything that comes from results', () => {
    const nasty = `<img src=x onerror="alert(1)">'&amp;`;
    const [record] = syntheticRecords([
      { label: nasty, algorithm: nasty, environment: nasty, scores: [1], options: { [nasty]: nasty } },
    ]);
    const origin = { ...record.origin, finished: nasty, gradus: nasty, node: nasty, platform: nasty, cpu: nasty };
    const { document, text } = pageOf([{ ...record, origin }], nasty);
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(text('h1')).toEqual([`Benchmark: ${nasty}`]);
    expect(text('h3')[0]).toBe(nasty);
    expect(text('details pre')[0]).toBe(`${nasty}: ${JSON.stringify(nasty)}`);
  });
});

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sidebar } from '../.vitepress/sidebar.ts';
import { docs } from '../scripts/folders.ts';
import { readPages } from '../scripts/pages.ts';

const pages = readPages();
const textOf = (path: string): string => pages.find((page) => page.path === `${path}.md`)?.text ?? '';

/**
 * Sections of the lectures: a chapter has an anchor for each, and below it what is there of it, functions, pages of algorithms, equations. Who adds code for
 * another adds a line.
 */
const sections = JSON.parse(readFileSync(join(docs, 'test', 'fixtures', 'sections.json'), 'utf8')) as {
  section: string;
  title: string;
  page: string;
  mentions: string[];
}[];

test.each(sections)('$section has a place in the course: $title', ({ section, page, mentions }) => {
  const [, place = ''] = textOf(page).split(new RegExp(`^## .* \\{#${section.replace('.', '\\.')}\\}$`, 'm'));
  expect(place).not.toBe('');
  const [own] = place.split(/^## /m);
  expect(mentions.filter((mention) => !own.includes(mention))).toEqual([]);
});

test('the lectures have seven parts, whose sections are numbered without a gap', () => {
  const counts = [1, 2, 3, 4, 5, 6, 7].map((part) => sections.filter(({ section }) => section.startsWith(`S${part}.`)));
  expect(counts.map((part) => part.map(({ section }) => Number(section.slice(3))))).toEqual(
    [4, 6, 6, 2, 9, 6, 4].map((length) => Array.from({ length }, (_, i) => i + 1)),
  );
});

/** Sources that say which section of the lectures they are. */
function sectionsInSources(): Set<string> {
  const packages = join(docs, '..', '..', 'packages');
  const files = readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(packages, name, 'src', file)),
  );
  return new Set(files.flatMap((file) => readFileSync(file, 'utf8').match(/\bS[1-7]\.\d\b/g) ?? []));
}

test('every section that a source names is in the list of sections', () => {
  const listed = new Set(sections.map(({ section }) => section));
  expect([...sectionsInSources()].filter((section) => !listed.has(section)).sort()).toEqual([]);
});

describe('pages of algorithms', () => {
  const algorithms = pages.filter(({ path }) => path.startsWith('algorithms/') && path !== 'algorithms/index.md');
  const headings = [
    'Idea',
    'Key equations',
    'Usage',
    'Options',
    'Logged metrics',
    'Details that differ from the paper',
    'Results',
  ];

  test.each(algorithms)('$path has the sections of all, in their order, and none is empty', ({ text }) => {
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(headings);
    for (const part of text.split(/^## .*$/m).slice(1)) expect(part.trim()).not.toBe('');
  });

  test.each(algorithms)('$path has a formula, and an example that is run', ({ text }) => {
    expect(text).toMatch(/^\$\$$/m);
    expect(text).toMatch(/^```ts$/m);
  });

  // What the packages call an agent or a trainer, and what else learns or searches.
  const classes = ['value-based', 'policy-gradient', 'actor-critic', 'policy-search', 'llm-rlhf'].flatMap((name) =>
    [
      ...readFileSync(join(docs, '..', '..', 'packages', name, 'src', 'index.ts'), 'utf8').matchAll(
        /\b(\w+)Defaults\b/g,
      ),
    ].map(([, algorithm]) => algorithm),
  );

  test.each([...new Set(classes)])('the page of %sDefaults is there', (algorithm) => {
    const known: Record<string, string> = {
      tabular: 'q-learning',
      monteCarlo: 'monte-carlo-control',
      nStep: 'n-step-sarsa',
      monteCarloUtility: 'cross-entropy-method',
      policyNetwork: 'cross-entropy-method',
      policySearch: 'cross-entropy-method',
      crossQ: 'crossq',
      reward: 'reward-model',
    };
    const slug = known[algorithm] ?? algorithm.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(algorithms.map(({ path }) => path)).toContain(`algorithms/${slug}.md`);
  });
});

describe('formulas', () => {
  test('do not lie across the cells of a table', () => {
    const cells = pages.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .flatMap((line) => line.replaceAll(/`[^`]*`/g, '').split(/(?<!\\)\|/))
        .map((cell) => `${path}: ${cell.trim()}`),
    );
    expect(cells.filter((cell) => cell.split('$').length % 2 === 0)).toEqual([]);
  });
});

test('programs are in the languages that the build checks, or have nothing to check', () => {
  const languages = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/^ *```(\w+)/gm)].map(([, language]) => `${path}: ${language}`),
  );
  expect(languages.filter((each) => !/: (ts|sh|diff|html|py|text|json)$/.test(each))).toEqual([]);
});

test('the module for PyTorch is that of the README', () => {
  const readme = readFileSync(join(docs, '..', 'benchmark', 'README.md'), 'utf8');
  const blocks = [...textOf('guides/bridges').matchAll(/^```py\n.*?^```$/gms)].map(([block]) => block);
  const [module] = blocks.filter((block) => block.includes('torch.nn.Module'));
  expect(readme).toContain(module);
});

describe('the sidebar', () => {
  interface Item {
    readonly link?: string;
    readonly items?: readonly Item[];
  }
  const linksOf = (items: readonly Item[]): string[] =>
    items.flatMap(({ link, items: below = [] }) => [...(link === undefined ? [] : [link]), ...linksOf(below)]);
  const links = Object.values(sidebar).flatMap((items) => linksOf(items as readonly Item[]));

  test('leads to pages that there are', () => {
    const own = links.filter((link) => !link.startsWith('/reference/'));
    const missing = own.filter(
      (link) => !existsSync(join(docs, link.endsWith('/') ? `${link}index.md` : `${link}.md`)),
    );
    expect(missing).toEqual([]);
  });

  test('has every page in a folder', () => {
    const inFolders = pages.filter(({ path }) => path.includes('/'));
    const expected = inFolders.map(({ path }) => `/${path.replace(/(index)?\.md$/, '')}`);
    expect(expected.filter((link) => !links.includes(link))).toEqual([]);
  });
});

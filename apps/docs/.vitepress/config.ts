import { katex, type MarkdownItKatexOptions } from '@mdit/plugin-katex';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { defineConfig } from 'vitepress';
import { existsSync, readFileSync } from 'node:fs';
import type { ReferencePages } from '../scripts/reference.ts';
import { linkNames } from './link-names.ts';
import { paintFirst } from './paint-first.ts';
import { showOutputs } from './show-outputs.ts';
import { sidebar } from './sidebar.ts';

/** Where the site lies on its host: `/` here, `/gradus/` on GitHub Pages, for instance. */
const base = process.env.DOCS_BASE ?? '/';

/** Whether the many pages of the reference are left out, to see the others sooner. */
const isWithoutReference = Boolean(process.env.DOCS_WITHOUT_REFERENCE);

/** What `scripts/generate.ts` made for the pages. */
function generated(name: string): unknown {
  const file = new URL(`../generated/${name}`, import.meta.url);
  if (!existsSync(file)) throw new Error(`apps/docs/generated/${name} is missing: pnpm docs:build makes it`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

export default defineConfig({
  title: 'Gradus',
  description: 'Reinforcement learning in TypeScript: a course that learns in the page.',
  lang: 'en',
  base,
  cleanUrls: true,
  // The names of all pages once, not in each page.
  metaChunk: true,
  // A page loads what it needs, not also every page that it links to: of lists these were more than the page.
  router: { prefetchLinks: false },
  srcExclude: ['README.md', 'generated/**', 'test/**', ...(isWithoutReference ? ['reference/**'] : [])],
  ignoreDeadLinks: isWithoutReference ? [/^\/reference\//] : false,
  head: [['link', { rel: 'icon', href: `${base}logo.svg` }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      // Formulas become HTML when the site is built: pages carry no script for them. Vue must not read their braces.
      // Those that are too wide for a phone are scrolled, by keyboard too.
      const transformer = (html: string) => {
        // KaTeX shows what is no formula in red, and goes on.
        if (html.includes('katex-error')) throw new Error(`what is between dollars is no formula: ${html}`);
        return html
          .replace(/^<(span|p)/, '<$1 v-pre')
          .replace('class="katex-display"', 'class="katex-display" tabindex="0"');
      };
      // VitePress has a copy of markdown-it's types of its own.
      md.use<MarkdownItKatexOptions>(katex as never, { transformer });
      linkNames(md, generated('names.json') as ReferencePages);
      showOutputs(md, generated('outputs.json') as Record<string, string>);
    },
  },
  transformHtml: paintFirst,
  buildEnd: ({ outDir }) => {
    if (readFileSync(`${outDir}/vp-icons.css`, 'utf8') !== '')
      throw new Error('pages have icons: paintFirst leaves them out');
  },
  themeConfig: {
    // After the first paint.
    logo: { src: '/logo.svg', width: 24, height: 24, loading: 'lazy' },
    nav: [
      { text: 'Guides', link: '/guides/first-agent', activeMatch: '/guides/' },
      { text: 'Course', link: '/course/', activeMatch: '/course/' },
      { text: 'Demos', link: '/demos/', activeMatch: '/demos/' },
      { text: 'Algorithms', link: '/algorithms/', activeMatch: '/algorithms/' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
    ],
    sidebar,
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        // Of the reference the names are found, not every word.
        _render: (source, env, md) => {
          const html = md.render(source, env);
          return env.relativePath.startsWith('reference/') ? (/<h1.*?<\/h1>/s.exec(html)?.[0] ?? '') : html;
        },
      },
    },
  },
  vite: {
    build: { target: 'es2022' },
    worker: { format: 'es' },
    resolve: { alias: { '@theme': fileURLToPath(new URL('./theme', import.meta.url)) } },
  },
});

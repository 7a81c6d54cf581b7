import { katex, type MarkdownItKatexOptions } from '@mdit/plugin-katex';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { defineConfig } from 'vitepress';
import { sidebar } from './sidebar.ts';

/** Where the site lies on its host: `/` here, `/gradus/` on GitHub Pages, for instance. */
const base = process.env.DOCS_BASE ?? '/';

export default defineConfig({
  title: 'Gradus',
  description: 'Reinforcement learning in TypeScript: a course that learns in the page.',
  lang: 'en',
  base,
  cleanUrls: true,
  srcExclude: ['README.md', 'generated/**', 'test/**'],
  head: [['link', { rel: 'icon', href: `${base}logo.svg` }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config(md) {
      // Formulas become HTML when the site is built: pages carry no script for them. Vue must not read their braces.
      const transformer = (html: string) => html.replace(/^<(span|p)/, '<$1 v-pre');
      // VitePress has a copy of markdown-it's types of its own.
      md.use<MarkdownItKatexOptions>(katex as never, { transformer });
    },
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Guides', link: '/guides/first-agent', activeMatch: '/guides/' },
      { text: 'Course', link: '/course/', activeMatch: '/course/' },
      { text: 'Algorithms', link: '/algorithms/', activeMatch: '/algorithms/' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  vite: {
    build: { target: 'es2022' },
    worker: { format: 'es' },
    resolve: { alias: { '@theme': fileURLToPath(new URL('./theme', import.meta.url)) } },
  },
});

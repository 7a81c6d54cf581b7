import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { docs } from './folders.ts';

/** Folders with pages that are written by hand. */
const folders = readdirSync(docs, { withFileTypes: true })
  .filter(
    (entry) => entry.isDirectory() && !/^(\.|generated|node_modules|public|reference|scripts|test)/.test(entry.name),
  )
  .map(({ name }) => name);

/** A page of the site: its path from the site's folder, and its Markdown. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** All pages that are written by hand. */
export function readPages(): Page[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(docs, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  );
  return ['index.md', 'benchmarks.md', ...files].map((path) => ({
    path,
    text: readFileSync(join(docs, path), 'utf8'),
  }));
}

/** Where a page is on the site: `/guides/first-agent`. */
export function urlOf({ path }: Pick<Page, 'path'>): string {
  return `/${path.replace(/(index)?\.md$/, '')}`;
}

import { join } from 'node:path';

/** The folder of the site. */
export const docs: string = join(import.meta.dirname, '..');

/** What is made for the pages before they are built. */
export const generated: string = join(docs, 'generated');

/** Markup that may be put into a page as it is. */
export interface Html {
  readonly markup: string;
}

/** What a template may hold: texts and numbers are escaped, markup and lists of it are not; `undefined` is nothing. */
export type Fragment = string | number | Html | undefined | readonly Fragment[];

/** A template tag for markup: everything interpolated is escaped unless it is {@link Html} itself. */
export function html(texts: TemplateStringsArray, ...fragments: readonly Fragment[]): Html {
  return { markup: texts.map((text, i) => (i === 0 ? text : markupOf(fragments[i - 1]) + text)).join('') };
}

/** Text in which no character means anything to HTML or XML, inside elements and inside quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markupOf(fragment: Fragment): string {
  if (fragment === undefined) return '';
  if (typeof fragment === 'string') return escapeText(fragment);
  if (typeof fragment === 'number') return String(fragment);
  return 'markup' in fragment ? fragment.markup : fragment.map(markupOf).join('');
}

import { parseHTML } from 'linkedom';

/** As much of a DOM element as tests look at. */
export interface PageElement {
  readonly textContent: string;
  readonly children: { readonly length: number };
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): ArrayLike<PageElement> & Iterable<PageElement>;
}

/** The `html` element of a page. */
export function parsePage(page: string): PageElement {
  const { document } = parseHTML(page) as unknown as { document: { documentElement: PageElement } };
  return document.documentElement;
}

/** What stands in the elements that fit `selector`, white space collapsed. */
export function textsOf(page: PageElement, selector: string): string[] {
  return [...page.querySelectorAll(selector)].map(({ textContent }) => textContent.replace(/\s+/g, ' ').trim());
}

import type { MarkdownRenderer } from 'vitepress';
import type { ReferencePages } from '../scripts/reference.ts';

/** Kinds that a name in the text means rather than others of the same name. */
const kinds = ['Function', 'Class', 'Variable', 'Interface', 'Type Alias'];

/**
 * Makes links to the reference of names in code, such as `valueIteration`, that a package exports. Of a name that several packages export,
 * the one of the page's `package` is meant; without one there is no link.
 */
export function linkNames(md: MarkdownRenderer, pages: ReferencePages): void {
  md.core.ruler.push('link-names', ({ tokens, env, Token }) => {
    const { frontmatter = {}, relativePath = '' } = env as {
      frontmatter?: { package?: string };
      relativePath?: string;
    };
    if (relativePath.startsWith('reference/')) return;
    tokens.forEach(({ type, children }, i) => {
      if (type !== 'inline' || children === null || tokens[i - 1]?.type === 'heading_open') return;
      let links = 0;
      tokens[i].children = children.flatMap((token) => {
        if (token.type === 'link_open') links++;
        if (token.type === 'link_close') links--;
        const page = token.type === 'code_inline' && links === 0 && pageOf(pages, token.content, frontmatter.package);
        if (!page) return [token];
        const open = new Token('link_open', 'a', 1);
        open.attrSet('href', page);
        return [open, token, new Token('link_close', 'a', -1)];
      });
    });
  });
}

function pageOf(pages: ReferencePages, name: string, entry: string | undefined): string | undefined {
  const found = pages[name] ?? [];
  const own = found.filter((page) => page.entry === entry);
  const among = own.length > 0 ? own : found;
  if (new Set(among.map((page) => page.entry)).size > 1) return undefined;
  return [...among].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))[0]?.page;
}

import type { MarkdownRenderer } from 'vitepress';
import { blockKey } from '../scripts/examples.ts';

/** Shows below a block of code what it printed when it was run. */
export function showOutputs(md: MarkdownRenderer, outputs: Readonly<Record<string, string>>): void {
  const { fence } = md.renderer.rules;
  if (fence === undefined) throw new Error('markdown-it: no rule for blocks of code');
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const [token] = tokens.slice(index);
    const html = fence(tokens, index, options, env, self);
    const { relativePath } = env as { relativePath: string };
    const output = token.info.startsWith('ts') && outputs[blockKey(relativePath, token.content)];
    if (!output) return html;
    const printed = Object.assign(Object.create(token) as typeof token, { info: 'text', content: output });
    return `${html}<div class="printed">${fence([printed], 0, options, env, self)}</div>`;
  };
}

import axe from 'axe-core';
import type { Page } from 'playwright';

/** What axe finds of impact `serious` or `critical`, but for VitePress's own button, of which it says that its label lacks the key's name. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
    "axe.run({ exclude: ['.DocSearch-Button'] }, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

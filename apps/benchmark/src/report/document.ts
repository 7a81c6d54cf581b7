import { html, type Html } from './html.ts';
import type { Series } from './series.ts';
import { style } from './style.ts';

/** One HTML document that loads nothing else. `generator` is the command that writes it, `body` what stands in `main`. */
export function htmlDocument(title: string, generator: string, body: Html): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="${generator}" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        <main>
          ${body}
          <footer>Written by <code>${generator}</code>. This page is one file and loads nothing.</footer>
        </main>
      </body>
    </html> `;
  return page.markup;
}

/** The buttons that choose the theme. */
export function themeButtons(): Html {
  return html`<fieldset class="themes" aria-label="Theme">
    ${['auto', 'light', 'dark'].map(
      (theme) =>
        html`<label
          ><input type="radio" name="theme" id="theme-${theme}" ${theme === 'auto' ? 'checked' : ''} />${theme}</label
        >`,
    )}
  </fieldset>`;
}

/** What the colours of a figure mean. */
export function legend(series: readonly Series[]): Html {
  return html`<ul class="legend">
    ${series.map((each) => html`<li>${swatch(each)}${each.label}</li>`)}
  </ul>`;
}

/** A short line in a series' colour. */
function swatch({ colour, dash }: Series): Html {
  return html`<svg width="22" height="6" aria-hidden="true">
    <line x1="0" x2="22" y1="3" y2="3" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash}" />
  </svg>`;
}

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { fileName } from '../files/file-name.ts';
import { escapeText, html, type Html } from './html.ts';
import { colourVariables, type Series } from './series.ts';

/** A drawing whose colours follow the theme of what it stands in. */
export interface Figure {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What the legend explains. */
  readonly series: readonly Series[];
  /** An `svg` element. */
  readonly svg: Html;
}

/** What a figure shows, and how. */
export interface FigureOptions {
  readonly name: string;
  readonly title: string;
  /** Said instead of the figure by those who read it out. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly plot: Plot.PlotOptions;
}

const WIDTH = 360;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** As much of a DOM element as is needed here; the types of a whole browser are not at hand. */
interface DrawnElement {
  readonly outerHTML: string;
  querySelector(selector: string): DrawnElement | null;
  remove(): void;
  setAttribute(name: string, value: string): void;
}

/** Draws a figure. */
export function drawFigure({ name, title, description, series, plot }: FigureOptions): Figure {
  const { document } = parseHTML('<html></html>') as unknown as { readonly document: unknown };
  const { width = WIDTH, height = 240 } = plot;
  const svg = Plot.plot({
    ...plot,
    document,
    className: 'plot',
    width,
    height,
    style: { fontSize: '11px', fontFamily: FONT, color: 'var(--muted)' },
  }) as unknown as DrawnElement;
  // The page and the file bring a style of their own.
  svg.querySelector('style')?.remove();
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', description);
  return { name: fileName(name), title, width, height, series, svg: { markup: svg.outerHTML } };
}

const PADDING = 16;
const TITLE_HEIGHT = 24;
const LEGEND_HEIGHT = 22;

/** A figure as a file that needs nothing else: title, legend and paper of its own, light or dark as the reader has it. */
export function standaloneSvg({ title, width, height, series, svg }: Figure): string {
  const fullWidth = width + 2 * PADDING;
  let x = PADDING;
  let y = PADDING + TITLE_HEIGHT + 5;
  const entries = series.map(({ label, colour, dash }) => {
    // Text cannot be measured here; this is more than its width in common fonts.
    const entryWidth = 38 + 6.6 * label.length;
    if (x > PADDING && x + entryWidth > fullWidth) [x, y] = [PADDING, y + LEGEND_HEIGHT];
    const left = x;
    x += entryWidth;
    return html`<line
        x1="${left}"
        x2="${left + 18}"
        y1="${y}"
        y2="${y}"
        stroke="${colour}"
        stroke-width="2.5"
        stroke-dasharray="${dash}"
      /><text x="${left + 24}" y="${y + 4}" font-size="11" fill="var(--ink)">${label}</text>`;
  });
  const top = series.length > 0 ? y - 5 + LEGEND_HEIGHT : PADDING + TITLE_HEIGHT;
  const fullHeight = top + height + PADDING;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${fullWidth} ${fullHeight}" width="${fullWidth}" height="${fullHeight}" font-family="${escapeText(FONT)}">
<style>
:root {
  color-scheme: light dark;
  ${colourVariables}
}
text { white-space: pre; }
</style>
<rect width="100%" height="100%" rx="6" fill="var(--paper)"/>
<text x="${PADDING}" y="${PADDING + 11}" font-size="13" font-weight="600" fill="var(--ink)">${escapeText(title)}</text>
${html`${entries}`.markup}
${svg.markup.replace('<svg ', `<svg x="${PADDING}" y="${top}" `)}
</svg>
`;
}

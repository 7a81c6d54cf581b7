import { colourVariables } from './series.ts';

/** The page's style sheet. Its theme is the reader's, unless one of the buttons is pressed, and always light on paper. */
export const style = `
:root {
  color-scheme: light dark;
  ${colourVariables}
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --serif: ui-serif, Charter, "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
:root:has(#theme-light:checked) { color-scheme: light; }
:root:has(#theme-dark:checked) { color-scheme: dark; }
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 15px/1.55 var(--sans);
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1, h2 { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { margin: 0 0 0.5rem; font-size: 2.2rem; letter-spacing: -0.01em; }
h2 { margin: 3.25rem 0 0.75rem; padding-top: 0.9rem; border-top: 1px solid var(--rule); font-size: 1.4rem; }
h3 { margin: 0 0 0.35rem; font-size: 0.95rem; font-weight: 600; }
p { max-width: 46rem; margin: 0 0 0.9rem; text-wrap: pretty; }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: 0.15em; }
a:hover { text-decoration-color: currentColor; }
code, pre { font-family: var(--mono); font-size: 0.85em; overflow-wrap: anywhere; }
small, .note, figcaption { color: var(--muted); font-size: 0.85rem; }
small { font-size: 0.8rem; }

.themes { float: right; display: flex; margin: 0.4rem 0 0 1rem; border: 1px solid var(--rule); border-radius: 6px; padding: 0; font-size: 0.75rem; }
.themes label { padding: 0.15rem 0.6rem; color: var(--muted); cursor: pointer; border-radius: 5px; }
.themes label:has(:checked) { background: var(--grid); color: var(--ink); }
.themes label:has(:focus-visible) { outline: 2px solid var(--series-1); }
.themes input { position: absolute; opacity: 0; pointer-events: none; }

.abstract { font-family: var(--serif); font-size: 1.08rem; }
.origin { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1.1rem; margin: 1.2rem 0 0; font-size: 0.88rem; }
.origin dt { color: var(--muted); }
.origin dd { margin: 0; overflow-wrap: anywhere; }

.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; margin: 0 0 1.2rem; padding: 0; list-style: none; font-size: 0.9rem; }
.legend svg { margin-right: 0.5rem; vertical-align: 0.28em; }
.swatch { display: inline-block; vertical-align: 0.2em; margin-right: 0.55rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20.5rem), 1fr)); gap: 1.8rem 2rem; margin-bottom: 1.4rem; }
/* For figures of 480 pixels. */
.figures.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); }
/* A single figure need not keep to its column. */
.figures > figure:only-child { grid-column: 1 / -1; max-width: 32rem; }
figure { margin: 0; min-width: 0; }
figure > svg { display: block; width: 100%; height: auto; overflow: visible; }
figure > svg + svg { margin-top: 0.4rem; }
div:not(.figures) > figure + figure { margin-top: 1.2rem; }
figcaption { margin-top: 0.3rem; }
svg text { white-space: pre; font-variant-numeric: tabular-nums; }

.table { overflow-x: auto; margin: 0 0 0.8rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.35; }
th, td { padding: 0.42rem 0.9rem 0.42rem 0; text-align: right; vertical-align: baseline; white-space: nowrap; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-size: 0.8rem; vertical-align: bottom; border-bottom: 1px solid var(--ink); padding-bottom: 0.35rem; }
table { border-bottom: 1px solid var(--ink); }
tbody tr:first-child > * { border-top: 1px solid var(--rule); }
tbody:first-of-type tr:first-child > * { border-top: 0; }
th[scope="row"], th[scope="rowgroup"], th.text, td.text { text-align: left; }
th[scope="rowgroup"] { font-weight: 600; }
td.main { font-weight: 600; }
td small { display: block; }
.published { display: grid; grid-template-columns: 7.8rem 7.2rem auto; justify-content: start; gap: 0 0.7rem; }
.published > :nth-child(3n + 1) { text-align: right; }
.published a { color: var(--muted); text-decoration: none; }
.published a:hover { text-decoration: underline; }
.reached { color: var(--accent); }
.within { color: var(--muted); }
.below { color: var(--warning); }

details { border-top: 1px solid var(--rule); }
details:last-of-type { border-bottom: 1px solid var(--rule); }
summary { display: flex; flex-wrap: wrap; gap: 0 0.9rem; align-items: baseline; padding: 0.55rem 0; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "+"; width: 0.8rem; color: var(--muted); }
details[open] > summary::before { content: "−"; }
summary b { font-weight: 600; }
summary small { margin-left: auto; }
.settings { margin: 0.2rem 0 1rem; padding: 0.7rem 0.9rem; background: var(--grid); border-radius: 6px; font-size: 0.82rem; white-space: pre-wrap; }
details .table { padding: 0 0 0.8rem; }
footer { margin-top: 3.5rem; color: var(--muted); font-size: 0.85rem; }

@media (max-width: 40rem) {
  main { padding: 1.4rem 1rem 3rem; }
  h1 { font-size: 1.7rem; }
  h2 { margin-top: 2.4rem; }
  .origin { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .origin dd { margin-bottom: 0.5rem; }
  summary small { margin-left: 1.7rem; }
}
@media print {
  :root { color-scheme: light; }
  .themes { display: none; }
  figure, tr, details { break-inside: avoid; }
}
`;

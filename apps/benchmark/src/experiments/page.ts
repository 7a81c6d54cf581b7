import { htmlDocument, legend, themeButtons } from '../report/document.ts';
import { html, type Html } from '../report/html.ts';
import type { NumbersTable } from './experiment.ts';
import { verdictText, type ExperimentRecord } from './record.ts';

/** An experiment as one HTML document that loads nothing else. */
export function experimentPage({ experiment, kept, figures, table, claims }: ExperimentRecord): string {
  const { title, question, section, method, remarks = [] } = experiment;
  const { command, versions } = kept;
  const holds = claims.every((claim) => claim.holds);
  const body = html`<header>
      ${themeButtons()}
      <h1>${title}</h1>
      <p class="abstract">${question}</p>
      <p class="abstract">The expectation <b class="${holds ? 'reached' : 'below'}">${verdictText(claims)}</b>.</p>
      <dl class="origin">
        <dt>Command</dt>
        <dd><code>${command}</code></dd>
        <dt>Section</dt>
        <dd>${section}</dd>
        <dt>Versions</dt>
        <dd>Gradus ${versions.gradus}, Node ${versions.node}</dd>
      </dl>
    </header>
    <section>
      <h2>Figures</h2>
      <div class="figures wide">
        ${figures.map(
          (figure) =>
            html`<figure>
              <h3>${figure.title}</h3>
              ${legend(figure.series)}${figure.svg}
            </figure>`,
        )}
      </div>
    </section>
    <section>
      <h2>Verdict</h2>
      <p class="note">
        A claim is what theory or literature make one expect, its threshold a choice of this experiment; code decides by
        the numbers whether it holds.
      </p>
      <ul class="claims">
        ${claims.map(
          (claim) =>
            html`<li>
              <span class="${claim.holds ? 'reached' : 'below'}">${claim.holds ? '✓ holds' : '✗ does not hold'}</span>
              ${claim.claim}: ${claim.found}.
            </li>`,
        )}
      </ul>
      ${remarks.map((remark) => html`<p>${remark}</p>`)}
    </section>
    <section>
      <h2>Method</h2>
      ${method.map((paragraph) => html`<p>${paragraph}</p>`)}
    </section>
    <section>
      <h2>Numbers</h2>
      ${numbersTable(table)}
    </section>`;
  return htmlDocument(`${title} · Gradus experiment`, 'gradus experiment', body);
}

function numbersTable({ head, rows }: NumbersTable): Html {
  return html`<div class="table">
    <table>
      <thead>
        <tr>
          ${head.map((name, i) => html`<th scope="col" class="${i === 0 ? 'text' : ''}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

import { publishedSources } from '../catalog/published-scores.ts';
import { html, type Html } from './html.ts';
import { countText, intervalText, meanAndStdText, percentText, scoreText, stepsText } from './numbers.ts';
import type { Series } from './series.ts';
import type { GroupSummary, PublishedComparison, Verdict } from './summarize-group.ts';

const verdicts: Readonly<Record<Verdict, string>> = { reached: '✓ reached', within: '≈ within', below: '✗ below' };

/** Final scores: a block of rows for each environment, a row for each algorithm. */
export function scoresTable(summaries: readonly GroupSummary[], series: ReadonlyMap<string, Series>): Html {
  const environments = [...new Set(summaries.map(({ group }) => group.environment))];
  return html`<div class="table">
    <table>
      <thead>
        <tr>
          <th scope="col" class="text">environment</th>
          <th scope="col" class="text">algorithm</th>
          <th scope="col">seeds</th>
          <th scope="col">steps</th>
          <th scope="col">final return</th>
          <th scope="col">IQM [95&nbsp;%]</th>
          <th scope="col">solved</th>
          <th scope="col">best agent</th>
          <th scope="col" class="text">published</th>
          <th scope="col">steps/s</th>
        </tr>
      </thead>
      ${environments.map((environment) => {
        const rows = summaries.filter(({ group }) => group.environment === environment);
        return html`<tbody>
          ${rows.map(
            (summary, i) =>
              html`<tr>
                ${i === 0 ? html`<th scope="rowgroup" rowspan="${rows.length}">${environment}</th>` : undefined}
                ${cells(summary, series.get(summary.group.label))}
              </tr> `,
          )}
        </tbody>`;
      })}
    </table>
  </div>`;
}

function cells(summary: GroupSummary, series: Series | undefined): Html {
  const { group, final, iqm, solved, best, published, stepsPerSecond } = summary;
  const { runs, lost, task } = group;
  const all = runs.length + lost.length;
  return html`<th scope="row">
      <svg class="swatch" width="12" height="4" aria-hidden="true">
        <rect width="12" height="4" fill="${series?.colour}" />
      </svg>
      ${group.label}
    </th>
    <td>${lost.length === 0 ? all : html`<strong class="below">${runs.length} of ${all}</strong>`}</td>
    <td>${stepsText(task.steps)}</td>
    <td class="main">${meanAndStdText(final)}</td>
    <td>${scoreText(iqm.value)} ${all > 1 ? html`<small>${intervalText(iqm)}</small>` : undefined}</td>
    <td>${solved === undefined ? '–' : percentText(solved)}</td>
    <td>${best === undefined ? '–' : meanAndStdText(best)}</td>
    <td class="text">
      ${published.length === 0 ? '–' : html`<div class="published">${published.map(publishedCells)}</div>`}
    </td>
    <td>${stepsPerSecond === undefined ? '–' : countText(stepsPerSecond)}</td>`;
}

function publishedCells({ published, verdict }: PublishedComparison): Html {
  const { name, url } = publishedSources[published.source];
  return html`<span>${meanAndStdText(published)}</span>
    <a href="${url}" title="${name}">${published.source}, ${stepsText(published.steps)}</a>
    <span class="${verdict}">${verdicts[verdict]}</span> `;
}

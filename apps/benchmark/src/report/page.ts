import { publishedSources } from '../catalog/published-scores.ts';
import { lostText } from '../results/run-groups.ts';
import { scoreScales } from '../results/score-scales.ts';
import type { Aggregate, Improvement } from './aggregate.ts';
import { htmlDocument, legend, themeButtons } from './document.ts';
import type { Figure } from './figure.ts';
import { html, type Html } from './html.ts';
import { plural } from '../files/plural.ts';
import { durationText, intervalText, percentText, pValueText, scoreText } from './numbers.ts';
import type { Report } from './report.ts';
import { runDetails } from './run-details.ts';
import { scoresTable } from './scores-table.ts';

/** The report as one HTML document that loads nothing else. */
export function reportPage(report: Report): string {
  const title = report.results.map(({ description }) => description.name).join(', ');
  const body = html`${header(report, title)} ${curvesSection(report)} ${scoresSection(report)}
  ${aggregateSection(report)} ${runDetails(report)}`;
  return htmlDocument(`${title} · Gradus benchmark`, 'gradus report', body);
}

function header(report: Report, title: string): Html {
  const { results, summaries, series, environments } = report;
  const records = summaries.flatMap(({ group }) => group.runs);
  const seconds = records.reduce((sum, { timing }) => sum + timing.seconds, 0);
  const steps = records.reduce((sum, record) => sum + record.steps, 0);
  const verdicts = summaries.flatMap(({ published }) => published.map(({ verdict }) => verdict));
  const reached = verdicts.filter((verdict) => verdict !== 'below').length;
  const dates = unique(records.map(({ origin }) => origin.finished.slice(0, 10))).sort();
  const platforms = unique(records.map(({ origin }) => `${origin.cpu}, ${origin.platform}`));
  const versions = unique(
    records.map(({ origin }) =>
      origin.imported === undefined ? `Gradus ${origin.gradus}, Node ${origin.node}` : 'Python',
    ),
  );
  return html`<header>
    ${themeButtons()}
    <h1>Benchmark: ${title}</h1>
    ${results.map(({ description }) =>
      description.description === '' ? undefined : html`<p class="abstract">${description.description}</p>`,
    )}
    <p class="abstract">
      ${plural(records.length, 'run')} of ${plural(series.size, 'algorithm')} in
      ${plural(environments.length, 'environment')}: ${(steps / 1e6).toFixed(1)} million environment steps in
      ${durationText(seconds)} of training.
      ${verdicts.length > 0 ? html`Final scores reach ${reached} of ${plural(verdicts.length, 'published score')}, or do so within their 95&nbsp;% interval.` : undefined}
    </p>
    ${lostNote(report)}
    <dl class="origin">
      ${results.map(
        ({ description }) =>
          html`<dt>Command</dt>
            <dd><code>${description.command}</code></dd>`,
      )}
      <dt>Versions</dt>
      <dd>${versions.join('; ')}</dd>
      <dt>Machine</dt>
      <dd>${platforms.join('; ')}</dd>
      <dt>Measured</dt>
      <dd>${dates.length > 1 ? `${dates[0]} to ${dates[dates.length - 1]}` : dates[0]}</dd>
    </dl>
  </header>`;
}

/** What failed or is missing, and what that means for all numbers. */
function lostNote({ incomplete, ignoresLost }: Report): Html | undefined {
  if (incomplete.length === 0) return undefined;
  const lost = incomplete.reduce((sum, group) => sum + group.lost.length, 0);
  return html`<p class="abstract">
    <strong class="below">${plural(lost, 'run')} failed or ${lost === 1 ? 'is' : 'are'} missing.</strong>
    ${
      ignoresLost
        ? 'They are left out of all that follows: it is about finished runs alone.'
        : 'In scores and intervals each counts as the lowest return that is known of its environment, of any run or of random actions; learning curves are those of finished runs.'
    }
    ${incomplete.map((group) => html`${lostText(group)}. `)}
  </p>`;
}

function curvesSection({ environments, series }: Report): Html {
  return html`<section>
    <h2>Learning curves</h2>
    <p class="note">
      Undiscounted return of the agent’s best actions, evaluated during training: mean over seeds, with its 95&nbsp;%
      bootstrap interval. Below, final scores: a ring for each seed, a cross for one that failed or is missing, a bar
      for the mean and its interval; marks in black are published scores of the same algorithm (◆
      ${publishedSources.zoo.name}, ▲ ${publishedSources.cleanrl.name}, ■ ${publishedSources.minatar.name}).
    </p>
    ${legend([...series.values()])}
    <div class="figures">
      ${environments.map(
        ({ environment, curves, finalScores }) =>
          html`<figure>
            <h3>${environment}</h3>
            ${curves.svg}${finalScores.svg}
          </figure>`,
      )}
    </div>
  </section>`;
}

function scoresSection({ summaries, series }: Report): Html {
  return html`<section>
    <h2>Final scores</h2>
    ${scoresTable(summaries, series)}
    <p class="note">
      Mean return of the finished agents on fresh episodes: mean ± standard deviation over seeds, and interquartile mean
      with its 95&nbsp;% bootstrap interval. Solved is the share of runs whose score is at least the return from which
      Gymnasium calls the environment solved. The best agent is that of the best evaluation during training, scored on
      the same episodes. A published score is <span class="reached">✓ reached</span> where our mean is at least as high,
      <span class="within">≈ within</span> where the 95&nbsp;% interval of our mean goes as high, and
      <span class="below">✗ below</span> otherwise. Steps per second (median over runs) are those of training, without
      evaluations.
    </p>
    ${sourcesNote()}
  </section>`;
}

function sourcesNote(): Html {
  return html`<p class="note">
    ${Object.values(publishedSources).map(
      ({ name, url, revision, measure }) => html`<a href="${url}">${name}</a> (${revision}): ${measure}. `,
    )}
  </p>`;
}

function aggregateSection({ aggregate, improvements, aggregateFigures, series }: Report): Html | undefined {
  if (aggregateFigures.length === 0) return undefined;
  return html`<section>
    <h2>${aggregate === undefined ? 'Algorithms compared' : 'Over all environments'}</h2>
    ${aggregate === undefined ? undefined : aggregateIntroduction(aggregate)}
    ${aggregate === undefined ? undefined : legend(aggregate.rows.flatMap(({ label }) => series.get(label) ?? []))}
    <div class="figures">${aggregateFigures.map((column) => html`<div>${column.map(figure)}</div>`)}</div>
    ${aggregate === undefined ? undefined : scalesNote(aggregate)}
    ${
      improvements.length === 0
        ? undefined
        : html`${improvementsTable(improvements)}
            <p class="note">
              P(X > Y) is the probability that a run of X scores better than a run of Y in an environment drawn at
              random from those that both ran in. p is the probability of ranks that differ as much, or more, where X
              and Y are equally good: an exact two-sided permutation test of rank sums, by Holm’s correction over all
              pairs.
            </p>`
    }
  </section>`;
}

function improvementsTable(pairs: readonly Improvement[]): Html {
  return html`<div class="table">
    <table>
      <thead>
        <tr>
          <th scope="col" class="text">X</th>
          <th scope="col" class="text">Y</th>
          <th scope="col">environments</th>
          <th scope="col">P(X > Y) [95&nbsp;%]</th>
          <th scope="col">p</th>
        </tr>
      </thead>
      <tbody>
        ${pairs.map(
          (pair) =>
            html`<tr>
              <th scope="row">${pair.x}</th>
              <td class="text">${pair.y}</td>
              <td>${pair.environments.length}</td>
              <td class="main">${percentText(pair.value)} <small>${intervalText(pair, percentText)}</small></td>
              <td>${pValueText(pair.pValue)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function figure({ title, svg }: Figure): Html {
  return html`<figure>
    <h3>${title}</h3>
    ${svg}
  </figure>`;
}

function aggregateIntroduction({ environments, leftOut }: Aggregate): Html {
  return html`<p class="note">
    Over ${environments.join(', ')}${leftOut.length > 0 ? `; not in it: ${leftOut.join(', ')}` : ''}. Scores are
    normalised: 0 is the return of random actions, 1 the best known. The interquartile mean is that of the middle half
    of all runs; the optimality gap is how far they fall short of 1 on average, where more than 1 makes up for nothing
    (lower is better). Intervals are 95&nbsp;% stratified bootstrap intervals (Agarwal et al., 2021).
  </p>`;
}

function scalesNote({ environments }: Aggregate): Html {
  return html`<p class="note">
    Scales:
    ${environments.map((environment) => {
      const { random, best, bestIs } = scoreScales[environment];
      return html`${environment} from ${scoreText(random)} to ${scoreText(best)} (${bestIs}). `;
    })}
  </p>`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

import type { LostRun } from '../results/run-groups.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { html, type Html } from './html.ts';
import { plural } from '../files/plural.ts';
import { countText, durationText, meanAndStdText } from './numbers.ts';
import type { Report } from './report.ts';
import type { GroupSummary } from './summarize-group.ts';

/** Every run with its settings, times and origin: one block that opens for each algorithm in each environment. */
export function runDetails({ summaries }: Report): Html {
  return html`<section>
    <h2>Runs</h2>
    ${summaries.map(groupDetails)}
  </section>`;
}

function groupDetails({ group }: GroupSummary): Html {
  const { environment, label, runs, lost, task } = group;
  const { algorithm, numEnvs, steps, evaluations, evaluationEpisodes, episodes, options } = task;
  const seconds = runs.reduce((sum, { timing }) => sum + timing.seconds, 0);
  return html`<details>
    <summary>
      <b>${label}</b> ${environment} <small>${plural(runs.length, 'run')}, ${durationText(seconds)} of training</small>
    </summary>
    <p class="note">
      ${algorithm} for ${countText(steps)} steps in ${plural(numEnvs, 'environment copy', 'environment copies')};
      evaluated ${plural(evaluations, 'time')} on ${plural(evaluationEpisodes, 'episode')}, scored on
      ${plural(episodes, 'episode')}. Options that differ from the defaults:
    </p>
    <pre class="settings">${optionsText(options)}</pre>
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col" class="text">seed</th>
            <th scope="col">steps</th>
            <th scope="col">final return</th>
            <th scope="col">best agent</th>
            <th scope="col">found at</th>
            <th scope="col">seconds</th>
            <th scope="col">steps/s</th>
            <th scope="col" class="text">finished</th>
            <th scope="col" class="text">origin</th>
          </tr>
        </thead>
        <tbody>
          ${runs.map(runRow)} ${lost.map(lostRow)}
        </tbody>
      </table>
    </div>
  </details>`;
}

function runRow(record: RunRecord): Html {
  const { run, steps, mean_return, std_return, best, timing, origin } = record;
  return html`<tr>
    <th scope="row">${run.seed}</th>
    <td>${countText(steps)}</td>
    <td>${meanAndStdText({ mean: mean_return, std: std_return })}</td>
    <td>${meanAndStdText({ mean: best.mean_return, std: best.std_return })}</td>
    <td>${countText(best.step)}</td>
    <td>${timing.seconds.toFixed(1)}</td>
    <td>${countText(timing.steps_per_second)}</td>
    <td class="text">${origin.finished.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}</td>
    <td class="text">
      ${
        origin.imported === undefined
          ? `${run.device}; Gradus ${origin.gradus}, Node ${origin.node}; ${origin.cpu}, ${origin.platform}`
          : `read from ${origin.imported}`
      }
      ${
        origin.resumed_at.length > 0
          ? html`<small>resumed at step ${origin.resumed_at.map(countText).join(', ')}</small>`
          : undefined
      }
    </td>
  </tr>`;
}

function lostRow({ run, error }: LostRun): Html {
  return html`<tr>
    <th scope="row">${run.seed}</th>
    <td colspan="8" class="text below">${error === undefined ? 'missing' : `failed: ${error}`}</td>
  </tr>`;
}

function optionsText(options: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return lines.length > 0 ? lines.join('\n') : 'none';
}

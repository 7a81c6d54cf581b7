import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readEventScalars } from '@gradus/core/node';
import type { RunRecord } from '../runs/run-record.ts';
import { messageOf, UserError } from '../user-error.ts';
import { readNpz } from './npz.ts';

/** Episodes that a point of a curve is the mean of where nothing was evaluated, as in Stable-Baselines3's `ep_rew_mean`. */
const WINDOW = 100;
/** Of a file that is inflated, at most. */
const MOST_BYTES = 2 ** 28;
/** Points of such a curve. */
const POINTS = 20;

/** What a run scored: returns at steps. */
interface Curve {
  readonly file: string;
  readonly points: readonly { readonly step: number; readonly returns: readonly number[] }[];
  readonly environment?: string | undefined;
  readonly seconds?: number | undefined;
}

/**
 * Runs of Python in a folder, or one in each of its folders: by `evaluations.npz` of Stable-Baselines3, else by its `monitor.csv` files (or `.gz`), which are the copies of one
 * environment, else by the event files of TensorBoard, of Stable-Baselines3, CleanRL or others with their tags. Where nothing was evaluated, a point is the mean of
 * the last 100 episodes. What a run is called is told by the names of folders: `CartPole-v1__dqn__1__1700000000` as CleanRL's, `dqn/CartPole-v1_1` as the zoo's;
 * undefined where there is none.
 * @throws UserError for a file that is damaged, and where no environment is named.
 */
export async function readPythonRuns(folder: string): Promise<RunRecord[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return undefined;
  const subfolders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const folders = [folder, ...subfolders.sort()];
  const curves = await Promise.all(folders.map(async (path) => ({ path, curve: await readCurve(path) })));
  const found = curves.flatMap(({ path, curve }) => (curve === undefined ? [] : [{ path, curve }]));
  if (found.length === 0) return undefined;
  return likeOneAnother(found.map(({ path, curve }, i) => recordOf(path, curve, i)));
}

/** Runs of one label were asked for alike, though the last episode of each ends at another step. */
function likeOneAnother(records: readonly RunRecord[]): RunRecord[] {
  return records.map((record) => {
    const alike = records.filter(
      ({ run: { label, environment } }) => label === record.run.label && environment === record.run.environment,
    );
    const most = (name: 'steps' | 'evaluations'): number => Math.max(...alike.map(({ run }) => run[name]));
    return { ...record, run: { ...record.run, steps: most('steps'), evaluations: most('evaluations') } };
  });
}

async function readCurve(folder: string): Promise<Curve | undefined> {
  const names = (await readdir(folder)).sort();
  const monitors = names.filter((name) => /(?:^|\.)monitor\.csv(?:\.gz)?$/.test(name));
  const events = names.filter((name) => name.includes('tfevents'));
  const monitored =
    monitors.length === 0
      ? undefined
      : monitorCurve(await Promise.all(monitors.map(async (name) => read(folder, name, parseMonitor))));
  if (names.includes('evaluations.npz')) {
    const evaluated = await read(folder, 'evaluations.npz', evaluationsCurve);
    return { ...evaluated, environment: monitored?.environment, seconds: monitored?.seconds };
  }
  if (monitored !== undefined) return monitored;
  if (events.length === 0) return undefined;
  const scalars = await Promise.all(events.map((name) => read(folder, name, readEventScalars)));
  return eventsCurve(events[0], scalars.flat());
}

/** What `parse` makes of a file. @throws UserError that names it. */
async function read<T>(folder: string, name: string, parse: (file: Uint8Array) => T): Promise<T> {
  const path = join(folder, name);
  try {
    const file = await readFile(path);
    return parse(name.endsWith('.gz') ? gunzipSync(file, { maxOutputLength: MOST_BYTES }) : file);
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`);
  }
}

/** `timesteps` [n] and `results` [n, k], of which some versions have a third axis of size 1. */
function evaluationsCurve(file: Uint8Array): Curve {
  const { timesteps, results } = readNpz(file) as Partial<ReturnType<typeof readNpz>>;
  const count = timesteps?.data.length ?? 0;
  if (timesteps === undefined || results === undefined || count === 0 || results.shape[0] !== count) {
    throw new RangeError('expected timesteps and as many results');
  }
  const episodes = results.data.length / count;
  const points = timesteps.data.map((step, i) => ({
    step,
    returns: results.data.slice(i * episodes, (i + 1) * episodes),
  }));
  return { file: 'evaluations.npz', points };
}

interface Episode {
  readonly reward: number;
  readonly length: number;
  /** Seconds since 1970 at its end. */
  readonly time: number;
}

/** One copy of an environment. */
interface Monitor {
  readonly environment: string | undefined;
  readonly start: number;
  readonly episodes: readonly Episode[];
}

/**
 * A line of JSON, then a table, whose first line ends otherwise than the others. A line that is being written, without an end, is left out. Where a training was
 * continued, time begins at 0 again in the middle of the file.
 */
function parseMonitor(file: Uint8Array): Monitor {
  const [first = '', head = '', ...lines] = new TextDecoder().decode(file).split(/\r?\n/);
  lines.pop();
  const rows = lines.filter((line) => line !== '');
  const columns = head.split(',');
  const [r, l, t] = ['r', 'l', 't'].map((name) => columns.indexOf(name));
  if (!first.startsWith('#') || r < 0 || l < 0 || t < 0) {
    throw new RangeError('expected a first line of # and JSON, then the columns r, l and t');
  }
  const { env_id, t_start } = JSON.parse(first.slice(1)) as { readonly env_id?: unknown; readonly t_start?: unknown };
  const start = typeof t_start === 'number' ? t_start : 0;
  let before = start;
  let last = 0;
  const episodes = rows.map((line) => {
    const cells = line.split(',').map(Number);
    if (cells[t] < last) before += last;
    last = cells[t];
    return { reward: cells[r], length: cells[l], time: before + last };
  });
  if (episodes.some((each) => Object.values(each).some((value) => !Number.isFinite(value)))) {
    throw new RangeError('expected numbers in the columns r, l and t');
  }
  return { environment: typeof env_id === 'string' && env_id !== 'None' ? env_id : undefined, start, episodes };
}

function monitorCurve(monitors: readonly Monitor[]): Curve | undefined {
  const episodes = monitors.flatMap((each) => each.episodes).sort((a, b) => a.time - b.time);
  let step = 0;
  const ends = episodes.map(({ reward, length }) => ({ step: (step += length), value: reward }));
  if (ends.length === 0) return undefined;
  const environment = monitors.find((each) => each.environment !== undefined)?.environment;
  const seconds = episodes[episodes.length - 1].time - Math.min(...monitors.map(({ start }) => start));
  return { file: 'monitor.csv', points: windows(ends), environment, seconds };
}

/** Means of Stable-Baselines3, or CleanRL's returns of single episodes. */
const tags = ['eval/mean_reward', 'rollout/ep_rew_mean', 'charts/episodic_return', 'episode/return'] as const;

function eventsCurve(file: string, scalars: ReturnType<typeof readEventScalars>): Curve {
  const tag = tags.find((name) => scalars.some((scalar) => scalar.tag === name));
  const own = scalars.filter((scalar) => scalar.tag === tag).sort((a, b) => a.step - b.step);
  if (own.length === 0) throw new UserError(`${file}: expected one of the tags ${tags.join(', ')}`);
  let [first, last] = [Infinity, -Infinity];
  for (const { wallTime } of scalars) [first, last] = [Math.min(first, wallTime), Math.max(last, wallTime)];
  const seconds = last - first;
  const isMean = tag === 'eval/mean_reward' || tag === 'rollout/ep_rew_mean';
  const points = isMean ? own.map(({ step, value }) => ({ step, returns: [value] })) : windows(own);
  return { file, points, seconds };
}

/** The last episodes at evenly spread steps. */
function windows(episodes: readonly { readonly step: number; readonly value: number }[]): Curve['points'] {
  const last = episodes[episodes.length - 1].step;
  const marks = Array.from({ length: POINTS }, (_, i) => Math.round((last * (i + 1)) / POINTS));
  return marks.flatMap((mark) => {
    const until = episodes.filter(({ step }) => step <= mark);
    return until.length === 0 ? [] : [{ step: mark, returns: until.slice(-WINDOW).map(({ value }) => value) }];
  });
}

/** What the names of folders say of a run. */
function nameOf(
  path: string,
  environment: string | undefined,
): { readonly label: string; readonly environment: string; readonly seed: number | undefined } {
  const full = resolve(path);
  const [name, parent] = [basename(full), basename(dirname(full))];
  const cleanRl = /^(.+-v\d+)__(.+?)__(\d+)__\d+$/.exec(name);
  if (cleanRl) return { label: cleanRl[2], environment: environment ?? cleanRl[1], seed: Number(cleanRl[3]) };
  const zoo = /^(.+-v\d+)_(\d+)$/.exec(name);
  if (zoo) return { label: parent, environment: environment ?? zoo[1], seed: Number(zoo[2]) };
  const [known] = [name, parent].flatMap((each) => /.*-v\d+/.exec(each)?.[0] ?? []);
  const id = environment ?? known;
  if (id === undefined) {
    throw new UserError(
      `${path}: expected a folder that names its environment, such as CartPole-v1_1, or a monitor.csv that does`,
    );
  }
  const seed = /(\d+)$/.exec(name.replace(id, ''))?.[1];
  const label = [name, parent].find((each) => !each.startsWith(id) && !/^(?:seed)?[-_ ]?\d+$/i.test(each)) ?? 'python';
  return {
    label: label.replace(/[-_ ]?(?:seed)?[-_ ]?\d+$/, '') || label,
    environment: id,
    seed: seed === undefined ? undefined : Number(seed),
  };
}

function recordOf(path: string, { file, points, environment, seconds = 0 }: Curve, place: number): RunRecord {
  const { label, environment: id, seed = place } = nameOf(path, environment);
  const curve = points.map(({ step, returns }) => ({ step, ...spreadOf(returns) }));
  const last = points[points.length - 1];
  const best = curve.reduce((high, point) => (point.mean_return > high.mean_return ? point : high));
  const run = {
    id: `${label}/${id}/${seed}-${file}`,
    algorithm: label,
    label,
    environment: id,
    numEnvs: 1,
    options: {},
    defaults: '',
    steps: last.step,
    seed,
    device: 'native',
    evaluations: points.length,
    evaluationEpisodes: last.returns.length,
    episodes: last.returns.length,
  } as const;
  const origin = { started: '', finished: '', resumed_at: [], gradus: '', node: '', platform: '', cpu: '' };
  return {
    run,
    steps: last.step,
    returns: [...last.returns],
    ...spreadOf(last.returns),
    best,
    curve,
    timing: { seconds, steps_per_second: seconds > 0 ? last.step / seconds : 0 },
    origin: { ...origin, imported: join(path, file) },
  };
}

/** Mean and standard deviation, of n. */
function spreadOf(returns: readonly number[]): { readonly mean_return: number; readonly std_return: number } {
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length;
  return { mean_return: mean, std_return: Math.sqrt(variance) };
}

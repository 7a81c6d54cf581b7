import type { Locator } from 'playwright';
import { catalog, type CatalogEntry, type DemoName } from '../demos/catalog.ts';

/** A demo with what the reader may choose, and what shows that it has learned. */
export interface Variant {
  readonly name: DemoName;
  /** What is chosen other than it is at first. */
  readonly chosen?: Readonly<Record<string, string>>;
  /** By how much a line of its curve has to end above its beginning: more than chance does, which stays where it began. */
  readonly gains: Readonly<Record<string, number>>;
  /** What the demo counts, until then at the latest. */
  readonly within: number;
  /** Whether it has to be solved, too. Default: no. */
  readonly isSolved?: boolean;
}

const examined = 'best actions, fresh episodes';

/** All demos, with each of their algorithms. */
export const variants: readonly Variant[] = [
  { name: 'grid', gains: { 'what the start is worth': 30 }, within: 20 },
  {
    name: 'grid',
    chosen: { method: 'q-learning' },
    gains: { 'what it is believed to be worth': 30 },
    within: 100_000,
  },
  { name: 'aliased-grid', gains: { REINFORCE: 0.9 }, within: 50_000 },
  {
    name: 'bandits',
    gains: {
      ...{
        'ε-greedy, ε = 0.1': 0.2,
        'upper confidence, c = 2': 0.2,
        'optimistic, q = 5': 0.2,
        'gradient, α = 0.1': 0.2,
      },
    },
    within: 1000,
  },
  { name: 'tricks', gains: { [examined]: 200 }, within: 100_000 },
  { name: 'tricks', chosen: { method: 'cem' }, gains: { [examined]: 200 }, within: 100_000 },
  { name: 'ppo-and-dqn', gains: { [examined]: 400 }, within: 100_000, isSolved: true },
  { name: 'ppo-and-dqn', chosen: { algorithm: 'dqn' }, gains: { [examined]: 200 }, within: 60_000 },
  { name: 'ppo-and-dqn', chosen: { environment: 'acrobot' }, gains: { [examined]: 300 }, within: 300_000 },
  {
    name: 'ppo-and-dqn',
    chosen: { algorithm: 'dqn', environment: 'acrobot' },
    gains: { [examined]: 300 },
    within: 60_000,
  },
  { name: 'lunar-lander', gains: { [examined]: 100 }, within: 300_000 },
  { name: 'pendulum', gains: { [examined]: 500 }, within: 10_000 },
  { name: 'pendulum', chosen: { algorithm: 'ddpg' }, gains: { [examined]: 500 }, within: 15_000 },
  { name: 'breakout', gains: { [examined]: 2 }, within: 300_000 },
  // The coin.
  { name: 'text-world', gains: { [`the agent: ${examined}`]: 1 }, within: 10_000 },
  { name: 'backgammon', gains: { 'TD-Gammon, 60 games': 1 }, within: 5000 },
  { name: 'rlhf', gains: { 'what the reward model says': 0.3, 'what the gold judge says': 0.2 }, within: 60 },
];

/** A variant in a few words. */
export function titleOf({ name, chosen = {} }: Variant): string {
  return [name, ...Object.values(chosen)].join(', ');
}

/** Chooses what the variant has, whatever was chosen before. */
export async function choose(demo: Locator, { name, chosen = {} }: Variant): Promise<void> {
  const { choices }: CatalogEntry = catalog[name];
  for (const choice of choices) {
    if (choice.kind !== 'select') continue;
    const select = demo.getByRole('combobox', { name: choice.label, exact: true });
    await select.selectOption(chosen[choice.name] ?? choice.initial);
  }
}

/** What a demo shows of itself in words. */
export interface Shown {
  /** How far it is, in what it counts. */
  readonly step: number;
  /** How far each line of the curve is above its start: its words are ‘…: from 9.8 to 412; …’. */
  readonly gains: Readonly<Record<string, number>>;
  /** The line below the curve. */
  readonly status: string;
  /** Whether it learns no more. */
  readonly hasEnded: boolean;
  /** Whether that is since it is solved. */
  readonly isSolved: boolean;
}

/** Reads what a demo shows. */
export async function look(demo: Locator): Promise<Shown> {
  // At once, so that both are of the same moment.
  const [status, words] = await demo.evaluate((section) => [
    section.querySelector('.status')?.textContent ?? '',
    section.querySelector('figure svg')?.getAttribute('aria-label') ?? '',
  ]);
  const lines = words.matchAll(/(?:^.*?\. |; )([^;]*?): from (\S+) to ([^;\s]+)/g);
  const read = (text: string): number => Number(text.replace('−', '-').replace('K', 'e3').replace('M', 'e6'));
  return {
    step: Number(/^[\d,]+/.exec(status)?.[0].replaceAll(',', '') ?? NaN),
    gains: Object.fromEntries([...lines].map(([, label, from, to]) => [label, read(to) - read(from)])),
    status,
    hasEnded: / · (solved|values|all steps)/.test(status) || status.startsWith('It stopped'),
    isSolved: status.includes(' · solved'),
  };
}

/** Whether all lines are as far above their start as they have to be, and it is solved where it has to be. */
export function hasLearned({ gains, isSolved = false }: Variant, shown: Shown): boolean {
  return (shown.isSolved || !isSolved) && Object.entries(gains).every(([label, gain]) => shown.gains[label] >= gain);
}

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
  { name: 'ppo-and-dqn', gains: { [examined]: 400 }, within: 100_000 },
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

/** Chooses what the variant has other than at first. */
export async function choose(demo: Locator, { name, chosen = {} }: Variant): Promise<void> {
  const { choices }: CatalogEntry = catalog[name];
  for (const [key, value] of Object.entries(chosen)) {
    const label = choices.find((choice) => choice.name === key)?.label ?? key;
    await demo.getByLabel(label, { exact: true }).selectOption(value);
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
}

/** Reads what a demo shows. */
export async function look(demo: Locator): Promise<Shown> {
  const status = (await demo.locator('.status').textContent()) ?? '';
  const figure = demo.locator('figure svg');
  const words = (await figure.count()) === 0 ? '' : ((await figure.getAttribute('aria-label')) ?? '');
  const lines = words.matchAll(/(?:^.*?\. |; )([^;]*?): from (\S+) to ([^;\s]+)/g);
  const read = (text: string): number => Number(text.replace('−', '-').replace('K', 'e3').replace('M', 'e6'));
  return {
    step: Number(/^[\d,]+/.exec(status)?.[0].replaceAll(',', '') ?? NaN),
    gains: Object.fromEntries([...lines].map(([, label, from, to]) => [label, read(to) - read(from)])),
    status,
  };
}

/** Whether all lines are as far above their start as they have to be. */
export function hasLearned({ gains }: Variant, shown: Shown): boolean {
  return Object.entries(gains).every(([label, gain]) => shown.gains[label] >= gain);
}

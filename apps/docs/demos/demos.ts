import type { DemoName } from './catalog.ts';
import type { DemoModule } from './demo.ts';

/** The modules of the catalog's demos; each is loaded with what it needs of the library when it is asked for. */
export const demos: Readonly<Record<DemoName, () => Promise<DemoModule>>> = {
  grid: () => import('./grid.ts'),
  'aliased-grid': () => import('./aliased-grid.ts'),
  bandits: () => import('./bandits.ts'),
  tricks: () => import('./tricks.ts'),
  'ppo-and-dqn': () => import('./ppo-and-dqn.ts'),
  'lunar-lander': () => import('./lunar-lander.ts'),
  pendulum: () => import('./pendulum.ts'),
  breakout: () => import('./breakout.ts'),
  'text-world': () => import('./text-world.ts'),
  backgammon: () => import('./backgammon.ts'),
  rlhf: () => import('./rlhf.ts'),
};

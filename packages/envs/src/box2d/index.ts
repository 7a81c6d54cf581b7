import { registerEnv } from '../registry.ts';
import { bipedalWalker } from './bipedal-walker.ts';
import { lunarLander } from './lunar-lander.ts';

export { bipedalWalker, type BipedalWalkerOptions } from './bipedal-walker.ts';
export { lunarLander, type LunarLanderOptions } from './lunar-lander.ts';

const windDefaults = { gravity: -10, enableWind: false, windPower: 15, turbulencePower: 1.5 };
const landerDefaults = { ...windDefaults, maxEpisodeSteps: 1000 };
registerEnv({ id: 'LunarLander-v3', defaults: { ...landerDefaults, continuous: false }, create: lunarLander });
registerEnv({ id: 'LunarLanderContinuous-v3', defaults: { ...landerDefaults, continuous: true }, create: lunarLander });
registerEnv({ id: 'BipedalWalker-v3', defaults: { hardcore: false, maxEpisodeSteps: 1600 }, create: bipedalWalker });
registerEnv({
  id: 'BipedalWalkerHardcore-v3',
  defaults: { hardcore: true, maxEpisodeSteps: 2000 },
  create: bipedalWalker,
});

import { envFromDynamics, type Checkpoint } from '@gradus/core';
import { cartPole } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';

type Message = { step: number; episodeReturn: number } | { checkpoint: Checkpoint };

const context = document.querySelector('canvas')!.getContext('2d')!;
const say = (text: string) => (document.querySelector('p')!.textContent = text);

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<Message>) => {
  if ('step' in data) say(`${data.step} steps: mean return ${data.episodeReturn.toFixed(1)}`);
  else play(data.checkpoint);
};

/** Plays an episode, one step for each frame. */
function play(checkpoint: Checkpoint): void {
  const agent = Ppo.load(checkpoint);
  const env = envFromDynamics(cartPole());
  let { observation } = env.reset({ seed: 7 });
  let steps = 0;
  requestAnimationFrame(function frame() {
    const result = env.step(agent.act(observation));
    ({ observation } = result);
    steps++;
    env.render?.(context);
    if (result.terminated || result.truncated) say(`balanced for ${steps} steps`);
    else requestAnimationFrame(frame);
  });
}

import { decodeSafetensors } from '@gradus/tensor';
import type { Dqn } from '@gradus/value-based';
import { outputCount, valueOf } from './reference-heads.ts';

/** q of an agent without hidden layers and whose observations are states, [states × actions]: a table is all it has. */
export function learnedValues(agent: Dqn, numStates: number, numActions: number): number[] {
  const { options } = agent;
  const parameters = decodeSafetensors(agent.checkpoint().files['online.safetensors']);
  const count = outputCount(options);
  const layer = (name: string, state: number, size: number): number[] => {
    const [weight, bias] = [parameters[`${name}.weight`].data, parameters[`${name}.bias`].data];
    return Array.from({ length: size }, (_, o) => weight[state * size + o] + bias[o]);
  };
  return Array.from({ length: numStates }, (_, state) => {
    const outputs = layer(options.dueling ? 'advantage.0' : '0', state, numActions * count);
    const value = options.dueling ? layer('value.0', state, count) : new Array<number>(count).fill(0);
    const mean = value.map((_, i) =>
      options.dueling ? outputs.filter((_, o) => o % count === i).reduce((a, b) => a + b) / numActions : 0,
    );
    return Array.from({ length: numActions }, (_, a) =>
      valueOf(
        value.map((v, i) => v + outputs[a * count + i] - mean[i]),
        options,
      ),
    );
  }).flat();
}

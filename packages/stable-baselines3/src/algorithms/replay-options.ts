import type { ImportedModel } from '../agent-description.ts';
import type { ModelData } from '../model-file.ts';
import { PythonObject, nameOf } from '../python.ts';

/** Options of algorithms that learn from a replay buffer, which no file holds. */
export function readReplayOptions({ data, copies }: ImportedModel): Record<string, unknown> {
  const frequency = readFrequency(data);
  const trainFrequency = frequency === undefined ? undefined : frequency * copies;
  const gradientSteps = data.number('gradient_steps');
  if (nameOf(data.value('replay_buffer_class'))?.endsWith('.HerReplayBuffer') === true) {
    data.leftOut.push('replay_buffer_class: HerReplayBuffer; hindsight: {} of the options has the same');
  }
  return {
    learningRate: data.schedule('learning_rate'),
    bufferSize: data.number('buffer_size'),
    learningStarts: data.number('learning_starts'),
    batchSize: data.number('batch_size'),
    gamma: data.number('gamma'),
    tau: data.number('tau'),
    trainFrequency,
    // As many as steps were made.
    gradientSteps: gradientSteps === -1 ? (trainFrequency ?? copies) : gradientSteps,
  };
}

/** Steps of all copies together between rounds of updates; undefined, and noted as left out, where episodes are counted. */
function readFrequency(data: ModelData): number | undefined {
  const given = data.value('train_freq');
  if (typeof given === 'number') return given;
  // A named tuple of a count and what is counted; the latter is an enumeration's member.
  const list: unknown = given instanceof PythonObject ? given.args : given;
  const [count, unit] = Array.isArray(list) ? (list as unknown[]) : [];
  const unitName: unknown = unit instanceof PythonObject ? unit.args.at(-1) : unit;
  if (typeof count === 'number' && String(unitName).toLowerCase() === 'step') return count;
  if (given !== undefined && given !== null) {
    data.leftOut.push('train_freq: it counts episodes, Gradus counts steps; its default takes the place');
  }
  return undefined;
}

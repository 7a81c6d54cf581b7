import { aDevice, DivergenceError, type DeviceOption } from '@gradus/core';
import * as t from '@gradus/tensor';
import { checkCompletionExamples, type CompletionExample } from '../data/examples.ts';
import { sequenceSum } from '../losses/log-probabilities.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import { longestOf, policyOf, textInputs, writeTexts } from '../trainers/texts.ts';

const BATCH = 64;

/**
 * What texts cost that were not learned from: the mean of −log π over all tokens of their completions that are imitated; its exponential is the perplexity.
 * @throws RangeError for no rows, and for one that is longer than the model's longest text.
 * @throws DivergenceError where the loss is not finite, as that of a model is whose weights are not.
 */
export function heldOutLoss(decoder: Decoder, rows: readonly CompletionExample[], options: DeviceOption = {}): number {
  t.checkArguments('heldOutLoss', { decoder }, { decoder: aDecoder });
  t.checkOptions('heldOutLoss', options, { device: t.optional(aDevice) });
  checkCompletionExamples('heldOutLoss', rows, decoder.sizes.vocabulary, 1);
  const positions = longestOf(
    'heldOutLoss',
    rows.map(({ prompt, completion }) => prompt.length + completion.length),
    decoder,
  );
  const time = rows.reduce((longest, { completion }) => Math.max(longest, completion.length), 0);
  const room = { rows: Math.min(BATCH, rows.length), group: 1, time, positions };
  const program = t.program(
    textInputs(room),
    (texts) => ({ sums: sequenceSum(policyOf(decoder, texts).logProbabilities, texts.mask) }),
    options.device === undefined ? {} : { device: options.device },
  );
  let [total, tokens] = [0, 0];
  for (let first = 0; first < rows.length; first += room.rows) {
    const part = rows.slice(first, first + room.rows);
    writeTexts(program.inputs, part, room);
    const { sums } = program.run();
    part.forEach(({ completion, mask }, i) => {
      total -= sums[i];
      tokens += mask === undefined ? completion.length : Array.from(mask).reduce((sum, each) => sum + each, 0);
    });
  }
  program.dispose();
  const loss = total / tokens;
  if (!Number.isFinite(loss)) throw new DivergenceError(`heldOutLoss: the loss is ${loss}`);
  return loss;
}

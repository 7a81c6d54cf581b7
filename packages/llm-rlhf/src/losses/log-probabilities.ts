import * as t from '@gradus/tensor';

/**
 * log π(token | what is before it), where the logits of a position are those of its own token: logits [rows, time, vocabulary], int32 tokens [rows, time] →
 * [rows, time]. Logits are divided by `temperature` first, as they were when the tokens were drawn.
 */
export function logProbabilitiesOf(logits: t.Tensor, tokens: t.Tensor, temperature = 1): t.Tensor {
  return t.gather(t.logSoftmax(temperature === 1 ? logits : t.div(logits, temperature)), tokens);
}

/**
 * What a language model says of a text: the logits of position i are of token i + 1, so that of n tokens n − 1 are scored. logits [rows, time, vocabulary],
 * tokens [rows, time] → the logits and tokens that belong together, [rows, time − 1, vocabulary] and [rows, time − 1].
 */
export function shifted(logits: t.Tensor, tokens: t.Tensor): { readonly logits: t.Tensor; readonly tokens: t.Tensor } {
  const [rows, time, vocabulary] = logits.shape;
  return {
    logits: t.slice(logits, [0, 0, 0], [rows, time - 1, vocabulary]),
    tokens: t.slice(tokens, [0, 1], [rows, time - 1]),
  };
}

/** Σ over time of what the mask leaves, [rows, time] → [rows]: the log-probability of whole completions from that of their tokens. */
export function sequenceSum(values: t.Tensor, mask: t.Tensor): t.Tensor {
  return t.sum(masked(values, mask), { axis: 1 });
}

/** The mean over everything that the mask leaves, a scalar. */
export function maskedMean(values: t.Tensor, mask: t.Tensor): t.Tensor {
  return t.div(t.sum(masked(values, mask)), t.sum(mask));
}

/** Zeros where the mask, [rows, time] of 0 and 1, is 0, whatever stood there, infinite or no number as it may be. */
export function masked(values: t.Tensor, mask: t.Tensor): t.Tensor {
  return t.where(t.greater(mask, 0), values, 0);
}

/** −Σ π log π of each position: logits [rows, time, vocabulary] → [rows, time]. */
export function tokenEntropy(logits: t.Tensor, temperature = 1): t.Tensor {
  const logProbabilities = t.logSoftmax(temperature === 1 ? logits : t.div(logits, temperature));
  const probabilities = t.exp(logProbabilities);
  // 0 · −∞ is 0 here.
  const terms = t.where(t.greater(probabilities, 0), t.mul(probabilities, logProbabilities), 0);
  return t.neg(t.sum(terms, { axis: -1 }));
}

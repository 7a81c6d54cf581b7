import * as t from '@gradus/tensor';
import type { Attend } from './architecture.ts';

/** What a score that is masked becomes: finite, so that rows which are all masked give finite numbers, too. */
const MASKED = -1e30;

/** Attention over whole texts that begin at position 0; padding may follow. */
export const causal: Attend = (_layer, queries, keys, values) =>
  perGroup(queries, keys, values, (q, k, v) => t.causalAttention(q, k, v));

/** The same for texts behind padding: `isText` [rows, time], 1 for tokens that may be looked at. */
export function causalBehindPadding(isText: t.Tensor): Attend {
  const [rows, time] = isText.shape;
  const isVisible = t.greater(t.reshape(isText, [rows, 1, 1, time]), 0);
  return (_layer, queries, keys, values) =>
    perGroup(queries, keys, values, (q, k, v) => t.attention(q, k, v, { causal: true, isVisible }));
}

/**
 * Attention of texts that begin alike. A row has `prompt` positions for what they share, of which the first `lengths` int32 [rows] are text, and behind them, one
 * text after the other, `time` positions for what comes next in each: that sees what is shared, and what is its own.
 */
export function causalInBranches(prompt: number, lengths: t.Tensor, time: number): Attend {
  const slots = t.range(prompt + time);
  const isText = t.logicalOr(t.less(slots, t.expandDims(lengths, 1)), t.greaterEqual(slots, prompt));
  const isVisible = t.reshape(isText, [lengths.shape[0], 1, 1, 1, prompt + time]);
  const shared = (x: t.Tensor): t.Tensor => t.slice(x, [0, 0, 0, 0, 0], [-1, -1, -1, prompt, -1]);
  /** [rows, groups, heads, texts, time, size]. */
  const own = (x: t.Tensor): t.Tensor => {
    const next = t.slice(x, [0, 0, 0, prompt, 0], [-1, -1, -1, -1, -1]);
    const [rows, groups, heads, positions, size] = next.shape;
    return t.reshape(next, [rows, groups, heads, positions / time, time, size]);
  };
  const whole = (x: t.Tensor): t.Tensor => {
    const next = own(x);
    const repeated = t.broadcastTo(t.expandDims(shared(x), 3), next.shape.with(4, prompt));
    return t.concat([repeated, next], 4);
  };
  return (_layer, queries, keys, values) =>
    perGroup(queries, keys, values, (q, k, v) => {
      const next = t.attention(own(q), whole(k), whole(v), { causal: true, isVisible });
      const [rows, groups, heads, positions] = q.shape;
      const nextInRows = t.reshape(next, [rows, groups, heads, positions - prompt, v.shape[4]]);
      return t.concat([t.causalAttention(shared(q), shared(k), shared(v)), nextInRows], 3);
    });
}

/** Attention of one new token each to remembered keys and values: `isVisible` [rows, positions]. */
export function toVisible(queries: t.Tensor, keys: t.Tensor, values: t.Tensor, isVisible: t.Tensor): t.Tensor {
  const [rows, positions] = isVisible.shape;
  const mask = t.reshape(isVisible, [rows, 1, 1, 1, positions]);
  return perGroup(queries, keys, values, (q, k, v) => maskedAttention(q, k, v, mask));
}

/** softmax(q kᵀ / √d + mask) v, where nothing that is not visible counts. */
function maskedAttention(queries: t.Tensor, keys: t.Tensor, values: t.Tensor, isVisible: t.Tensor): t.Tensor {
  const size = queries.shape[queries.shape.length - 1];
  const scores = t.mul(t.matmul(queries, t.transpose(keys)), 1 / Math.sqrt(size));
  return t.matmul(t.softmax(t.where(isVisible, scores, MASKED)), values);
}

/**
 * Grouped queries (Ainslie et al., 2023): several heads of queries share one of keys and values. Calls `attend` with an axis for the groups,
 * [rows, keyValueHeads, heads / keyValueHeads or 1, time, size].
 */
function perGroup(
  queries: t.Tensor,
  keys: t.Tensor,
  values: t.Tensor,
  attend: (queries: t.Tensor, keys: t.Tensor, values: t.Tensor) => t.Tensor,
): t.Tensor {
  const [rows, heads, time, size] = queries.shape;
  const groups = keys.shape[1];
  const grouped = t.reshape(queries, [rows, groups, heads / groups, time, size]);
  return t.reshape(attend(grouped, t.expandDims(keys, 2), t.expandDims(values, 2)), [rows, heads, time, size]);
}

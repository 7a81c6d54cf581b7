import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { integers } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';

/** A small GPT: 4 blocks of width 128 with 4 heads over 128 positions, 512 tokens; 16 sequences at a time. */
const BATCH = 16;
const TIME = 128;
const VOCABULARY = 512;
const WIDTH = 128;
const HEADS = 4;
const BLOCKS = 4;
const SIZES = `l${BLOCKS}_d${WIDTH}_t${TIME}_b${BATCH}_v${VOCABULARY}`;

/** One training step: cross-entropy of the next token, AdamW. */
export const gptCase: MicroCase = { name: `gpt_${SIZES}`, isLarge: true, create: createTraining };

/** One forward pass without gradients. */
export const gptForwardCase: MicroCase = { name: `gpt_forward_${SIZES}`, isLarge: true, create: createForward };

/** Token numbers [16, 128] to logits [16, 128, 512]. */
export interface Gpt {
  readonly logits: (tokens: t.Tensor) => t.Tensor;
  readonly parameters: t.Parameters;
}

/** The network with new weights. */
export function createGpt(random: Random): Gpt {
  const tokenTable = t.embeddingTable({ rows: VOCABULARY, width: WIDTH, random });
  const positions = t.parameter('positions', [TIME, WIDTH], t.normalInitializer(0.02), random);
  const blocks = t.sequential(Array.from({ length: BLOCKS }, () => createBlock(random)));
  const norm = t.layerNormalization(WIDTH);
  const head = t.linear({ input: WIDTH, output: VOCABULARY, bias: false, random });
  return {
    logits: (tokens) => head(norm(blocks(t.add(tokenTable(tokens), positions)))),
    parameters: t.joinParameters({
      tokens: tokenTable.parameters,
      positions: { positions },
      blocks: blocks.parameters,
      norm: norm.parameters,
      head: head.parameters,
    }),
  };
}

/** x + attention(norm(x)), then x + mlp(norm(x)): normalization comes first in each branch. */
function createBlock(random: Random): t.Module {
  const linear = (input: number, output: number): t.Module => t.linear({ input, output, bias: 'fanIn', random });
  const attentionNorm = t.layerNormalization(WIDTH);
  const queryKeyValue = linear(WIDTH, 3 * WIDTH);
  const projection = linear(WIDTH, WIDTH);
  const mlpNorm = t.layerNormalization(WIDTH);
  const up = linear(WIDTH, 4 * WIDTH);
  const down = linear(4 * WIDTH, WIDTH);
  const layers = { attentionNorm, queryKeyValue, projection, mlpNorm, up, down };
  const parameters = Object.entries(layers).map(([name, layer]) => [name, layer.parameters] as const);
  return t.module(t.joinParameters(Object.fromEntries(parameters)), (input) => {
    const x = t.add(input, projection(attendInHeads(queryKeyValue(attentionNorm(input)))));
    return t.add(x, down(t.gelu(up(mlpNorm(x)))));
  });
}

/** Causal attention in each head: [batch, time, 3 · width] → [batch, time, width]. */
function attendInHeads(queriesKeysValues: t.Tensor): t.Tensor {
  const size = WIDTH / HEADS;
  const [queries, keys, values] = t
    .split(t.reshape(queriesKeysValues, [BATCH, TIME, 3, HEADS, size]), 3, 2)
    .map((part) => t.transpose(t.squeeze(part, 2), [0, 2, 1, 3]));
  const heads = t.causalAttention(queries, keys, values);
  return t.reshape(t.transpose(heads, [0, 2, 1, 3]), [BATCH, TIME, WIDTH]);
}

function createTraining(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const gpt = createGpt(random);
  const optimizer = t.adamW(gpt.parameters, { learningRate: 3e-4 });
  const update = t.program(
    { tokens: { shape: [BATCH, TIME], dtype: 'int32' }, nextTokens: { shape: [BATCH, TIME], dtype: 'int32' } },
    ({ tokens, nextTokens }) => {
      const loss = t.neg(t.mean(t.gather(t.logSoftmax(gpt.logits(tokens)), nextTokens)));
      optimizer.minimize(loss);
      return { loss };
    },
    { device },
  );
  const text = integers(random, BATCH * (TIME + 1), VOCABULARY);
  const rows = Array.from({ length: BATCH }, (_, i) => text.subarray(i * (TIME + 1), (i + 1) * (TIME + 1)));
  return fixedBatch(update, {
    tokens: rows.flatMap((row) => [...row.subarray(0, TIME)]),
    nextTokens: rows.flatMap((row) => [...row.subarray(1)]),
  });
}

function createForward(device: t.Device): MicroUpdate {
  const random = new Random(0);
  const gpt = createGpt(random);
  const forward = t.program(
    { tokens: { shape: [BATCH, TIME], dtype: 'int32' } },
    ({ tokens }) => ({ logits: gpt.logits(tokens) }),
    { device },
  );
  return fixedBatch(forward, { tokens: integers(random, BATCH * TIME, VOCABULARY) });
}

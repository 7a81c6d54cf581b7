import {
  klEstimate,
  logProbabilitiesOf,
  masked,
  maskedMean,
  ppoLoss,
  tokenAdvantages,
  tokenEntropy,
  tokenRewards,
  truncateCompletions,
  valueHead,
  whiten,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';
import { load } from './load.ts';
import { expectClose, flat, readGolden, tensorOf, type Numbers } from './golden.ts';

type Golden = Readonly<Record<string, Numbers>> & {
  readonly query: number[][];
  readonly response: number[][];
  readonly pad_id: number;
  readonly eos_id: number;
  readonly temperature: number;
  readonly scores: number[];
  readonly kl_coef: number;
  readonly gamma: number;
  readonly lam: number;
  readonly cliprange: number;
  readonly cliprange_value: number;
  readonly vf_coef: number;
  readonly lr: number;
  readonly eps: number;
  readonly max_grad_norm: number;
  readonly objective_kl: number;
  readonly epochs: readonly Readonly<Record<string, number>>[];
};

test('a whole iteration of PPO: rollout, rewards, advantages, four passes of AdamW', () => {
  const golden = readGolden('ppo_iteration') as Golden;
  const { temperature, pad_id: padding } = golden;
  const reference = load('gpt2').decoder;
  const policy = load('gpt2').decoder;
  let index = 0;
  for (const name of Object.keys(policy.parameters).sort()) {
    const variable = policy.parameters[name];
    variable.write(Array.from(variable.read(), (value) => value + Math.fround(0.05 * Math.sin(++index))));
  }
  const head = valueHead(policy.sizes.width);
  for (const [name, variable] of Object.entries(head.parameters)) variable.write(flat(golden[`v_head.${name}`]));

  const completions = truncateCompletions(flat(golden.response), 6, golden.eos_id, padding);
  const { mask } = completions;
  expect([...mask]).toEqual(flat(golden.mask));
  const rows = golden.query.map((query, i) => [...query, ...golden.response[i]]);
  const start = golden.query[0].length;
  /** What a model says of the completions: hidden states before each of their tokens, [4, 6, width]. */
  const before = (decoder: typeof policy): t.Tensor => {
    const isText = tensorOf(rows.map((row) => row.map((token) => Number(token !== padding))));
    const hidden = decoder.hidden(tensorOf(rows, 'int32'), { isText });
    return t.slice(hidden, [0, start - 1, 0], [4, 6, decoder.sizes.width]);
  };
  const kept = (): t.Tensor => t.constant([4, 6], mask);
  const logProbabilities = (logits: t.Tensor): t.Tensor =>
    logProbabilitiesOf(logits, t.constant([4, 6], completions.tokens, 'int32'), temperature);
  const rollout = (): Readonly<Record<'reference' | 'policy' | 'kl' | 'values', Float32Array>> =>
    t.evaluate(() => {
      const own = logProbabilities(policy.head(before(policy)));
      const theirs = logProbabilities(reference.head(before(reference)));
      return {
        reference: masked(theirs, kept()),
        policy: masked(own, kept()),
        kl: masked(klEstimate(own, theirs, 'k1'), kept()),
        values: masked(head.apply(before(policy)), kept()),
      };
    }) as Readonly<Record<'reference' | 'policy' | 'kl' | 'values', Float32Array>>;

  const old = rollout();
  expectClose(old.reference, golden.ref_logps, 2e-5);
  expectClose(old.policy, golden.old_logps, 2e-5);
  expectClose(old.values, golden.values, 2e-5);
  expectClose([old.kl.reduce((sum, value) => sum + value, 0) / 4], golden.objective_kl, 2e-5);

  const placed = { placement: 'last-token', time: 6 } as const;
  const rewards = tokenRewards(completions, golden.scores, old.kl, { klCoefficient: golden.kl_coef, ...placed });
  expectClose(rewards, golden.rewards, 2e-5);
  const { gamma, lam: lambda } = golden;
  const { advantages, returns } = tokenAdvantages(completions, rewards, old.values, { gamma, lambda, ...placed });
  expectClose(advantages, golden.advantages, 2e-5);
  expectClose(returns, golden.returns, 2e-5);
  const whitened = whiten(advantages, mask, { shiftsMean: true });
  expectClose(whitened, golden.whitened_advantages, 2e-5);

  const parameters = t.joinParameters({ policy: policy.parameters, head: head.parameters });
  const optimizer = t.adamW(parameters, { learningRate: golden.lr, epsilon: golden.eps, weightDecay: 0 });
  const update = t.program({}, () => {
    const hidden = before(policy);
    const logits = policy.head(hidden);
    const constant = (values: Float32Array): t.Tensor => t.constant([4, 6], values);
    const parts = ppoLoss(
      {
        logProbabilities: logProbabilities(logits),
        oldLogProbabilities: constant(old.policy),
        advantages: constant(whitened),
        values: head.apply(hidden),
        oldValues: constant(old.values),
        returns: constant(returns),
        mask: kept(),
      },
      { clipRange: golden.cliprange, clipRangeValue: golden.cliprange_value, valueCoefficient: golden.vf_coef },
    );
    const { gradientNorm } = optimizer.minimize(parts.loss, { maxGradNorm: golden.max_grad_norm });
    return { ...parts, gradientNorm, entropy: maskedMean(tokenEntropy(logits, temperature), kept()) };
  });
  golden.epochs.forEach((expected, epoch) => {
    update.run();
    const { outputs } = update;
    if (epoch === 0) expect(Math.abs(outputs.ratio[0] - 1)).toBeLessThan(1e-5);
    const reported = {
      policyLoss: 'pg_loss',
      valueLoss: 'vf_loss',
      loss: 'loss',
      gradientNorm: 'grad_norm',
      approximateKl: 'approx_kl_k2',
      clipFraction: 'clipfrac',
      entropy: 'entropy',
    } as const;
    for (const [ours, theirs] of Object.entries(reported)) {
      expectClose(outputs[ours as keyof typeof reported], expected[theirs], 1e-4);
    }
  });
  update.dispose();
  const final = rollout();
  expectClose(final.policy, golden.final_logps, 1e-4);
  expectClose(final.values, golden.final_values, 1e-4);
});

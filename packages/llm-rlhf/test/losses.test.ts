import {
  bradleyTerryLoss,
  clippedSequenceLoss,
  dpoLoss,
  grpoAdvantages,
  grpoLoss,
  klEstimate,
  logProbabilitiesOf,
  masked,
  maskedMean,
  MovingAverageBaseline,
  ppoLoss,
  rebelLoss,
  reinforceLoss,
  rlooAdvantages,
  sequenceSum,
  sftLoss,
  shifted,
  tokenEntropy,
  type GrpoLossOptions,
  type PreferenceLoss,
  type RewardScale,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, lossAndGradients, readGolden, shapeOf, tensorOf, variableOf, type Numbers } from './golden.ts';

type Golden = Readonly<Record<string, Numbers>>;
interface Losses {
  readonly bradley_terry: Golden & {
    readonly cases: readonly (Golden & {
      readonly name: string;
      readonly use_margin: boolean;
      readonly center_coef: number;
    })[];
    readonly stability: Golden;
  };
  readonly sft: Golden;
  readonly dpo: Golden & {
    readonly from_logits: readonly (Golden & { readonly kind: string; readonly beta: number })[];
    readonly from_seq_logps: readonly (Golden & {
      readonly kind: string;
      readonly beta: number;
      readonly label_smoothing: number;
    })[];
  };
  readonly rollout: Golden & { readonly temperature: number };
  readonly kl_estimators: Golden;
  readonly reinforce: Golden & { readonly ema_decay: number; readonly cases: readonly (Golden & { name: string })[] };
  readonly rloo: Golden & { readonly cases: readonly (Golden & { readonly k: number; readonly clip_eps: number })[] };
  readonly ppo: Golden & { readonly cliprange: number; readonly cliprange_value: number; readonly vf_coef: number };
  readonly grpo: Omit<Golden, 'advantages' | 'cases'> & {
    readonly num_generations: number;
    readonly kl_beta: number;
    readonly cliprange: number;
    readonly max_len: number;
    readonly advantages: Golden;
    readonly cases: readonly { readonly loss_type: string; readonly loss: number; readonly d_logits: Numbers }[];
    readonly mean_kl: number;
    readonly clip_low: number;
    readonly clip_high: number;
  };
  readonly rebel: Golden & { readonly cases: readonly (Golden & { readonly eta: number })[] };
}

const golden = readGolden('losses') as Losses;
const { rollout } = golden;
const computed = (build: () => t.Tensor): ArrayLike<number> => t.evaluate(build);

/** What is said of the rollout's tokens, from logits that are differentiated: [8, 5]. */
function logProbabilities(logits: t.TensorLike): t.Tensor {
  return logProbabilitiesOf(t.asTensor(logits), tensorOf(rollout.actions, 'int32'), rollout.temperature);
}
const mask = (): t.Tensor => tensorOf(rollout.mask);

function expectLoss(build: (logits: t.TensorLike) => t.Tensor, loss: Numbers, gradient: Numbers): void {
  const logits = variableOf(rollout.logits);
  const found = lossAndGradients([logits], () => build(logits));
  expectClose([found.loss], loss);
  expectClose(found.gradients[0], gradient, 2e-5);
}

describe('log-probabilities', () => {
  test('of tokens at a temperature, of sequences, and entropies', () => {
    const kept = (build: (logits: t.Tensor) => t.Tensor) =>
      computed(() => masked(build(tensorOf(rollout.logits)), mask()));
    expectClose(kept(logProbabilities), rollout.new_logps);
    expectClose(
      kept((logits) => tokenEntropy(logits, rollout.temperature)),
      rollout.token_entropy,
    );
    expectClose(
      computed(() => sequenceSum(logProbabilities(tensorOf(rollout.logits)), mask())),
      rollout.seq_logps,
    );
    const entropy = () => tokenEntropy(tensorOf(rollout.logits), rollout.temperature);
    expectClose(
      computed(() => maskedMean(entropy(), mask())),
      rollout.mean_entropy,
    );
  });

  test('what the mask leaves out is 0, infinite as it may be, and has no gradient', () => {
    const values = variableOf([[1, 2]]);
    const broken = () => t.div(t.asTensor(values), t.constant([1, 2], [1, 0]));
    const found = lossAndGradients([values], () => t.sum(masked(broken(), t.constant([1, 2], [1, 0]))));
    expect(found.loss).toBe(1);
    expect(found.gradients[0][0]).toBe(1);
  });

  test('KL estimators', () => {
    const { kl_estimators: expected } = golden;
    for (const estimator of ['k1', 'k2', 'k3'] as const) {
      const kl = () => klEstimate(tensorOf(rollout.old_logps), tensorOf(rollout.ref_logps), estimator);
      expectClose(
        computed(() => masked(kl(), mask())),
        expected[estimator],
      );
      if (estimator === 'k2') continue;
      expectClose(
        computed(() => sequenceSum(kl(), mask())),
        expected[`${estimator}_seq_sum`],
      );
      expectClose(
        computed(() => maskedMean(kl(), mask())),
        expected[`${estimator}_token_mean`],
      );
    }
  });

  test('k3 is right, and not below 0, where policies are almost the same', () => {
    const difference = [1e-4, -1e-4, 1e-7, 0];
    const kl = computed(() => klEstimate(t.constant([4], [0, 0, 0, 0]), t.constant([4], difference), 'k3'));
    difference.forEach((d, i) => {
      expect(kl[i]).toBeGreaterThanOrEqual(0);
      expect(Math.abs(kl[i] - d ** 2 / 2)).toBeLessThan(1e-11);
    });
  });
});

test('SFT: the loss of completions, shifted by one token, its gradient, accuracy and entropy', () => {
  const { sft } = golden;
  const logits = variableOf(sft.logits);
  const parts = (): ReturnType<typeof sftLoss> =>
    sftLoss(t.asTensor(logits), tensorOf(sft.input_ids, 'int32'), tensorOf(sft.completion_mask));
  const found = lossAndGradients([logits], () => parts().loss);
  expectClose([found.loss], sft.loss);
  expectClose(found.gradients[0], sft.d_logits, 2e-5);
  const next = () => shifted(tensorOf(sft.logits), tensorOf(sft.input_ids, 'int32'));
  expectClose(
    computed(() => logProbabilitiesOf(next().logits, next().tokens)),
    sft.token_logps,
  );
  expectClose(
    computed(() => parts().entropy),
    sft.mean_entropy,
  );
  expectClose(
    computed(() => parts().meanTokenAccuracy),
    sft.accuracy,
  );
});

describe('Bradley and Terry', () => {
  const { bradley_terry: pairs } = golden;
  test.each(pairs.cases)('$name', (expected) => {
    const [chosen, rejected] = [variableOf(pairs.chosen), variableOf(pairs.rejected)];
    const parts = (): ReturnType<typeof bradleyTerryLoss> =>
      bradleyTerryLoss(t.asTensor(chosen), t.asTensor(rejected), {
        margin: expected.use_margin ? tensorOf(pairs.margin) : undefined,
        centeringCoefficient: expected.center_coef,
      });
    const found = lossAndGradients([chosen, rejected], () => parts().loss);
    expectClose([found.loss], expected.loss);
    expectClose(found.gradients[0], expected.d_chosen, 2e-5);
    expectClose(found.gradients[1], expected.d_rejected, 2e-5);
    expectClose(
      computed(() => parts().accuracy),
      expected.accuracy,
    );
    expectClose(
      computed(() => parts().margin),
      expected.mean_margin,
    );
  });

  test('neither overflows nor vanishes where rewards are far apart', () => {
    const { diff, neg_logsigmoid: expected } = pairs.stability as { diff: number[]; neg_logsigmoid: number[] };
    diff.forEach((difference, i) => {
      const loss = computed(() => bradleyTerryLoss(t.constant([1], [difference]), t.constant([1], [0])).loss);
      expect(Math.abs(loss[0] / expected[i] - 1)).toBeLessThan(1e-5);
    });
  });
});

describe('DPO and its relatives', () => {
  const { dpo } = golden;

  test.each(dpo.from_logits)('$kind from logits', ({ kind, beta, loss, d_policy_logits: gradient }) => {
    const logits = variableOf(dpo.policy_logits);
    const options = (kind === 'ipo' ? { kind, beta, normalization: 'sum' } : { kind, beta }) as PreferenceLoss;
    const rows = shapeOf(dpo.input_ids)[0] / 2;
    const found = lossAndGradients([logits], () => {
      const sums = [t.asTensor(logits), tensorOf(dpo.ref_logits)].map((each) => {
        const next = shifted(each, tensorOf(dpo.input_ids, 'int32'));
        const [count, time] = shapeOf(dpo.input_ids);
        const kept = t.slice(tensorOf(dpo.completion_mask), [0, 1], [count, time - 1]);
        return sequenceSum(logProbabilitiesOf(next.logits, next.tokens), kept);
      });
      const [chosen, rejected] = t.split(sums[0], 2, 0);
      const [referenceChosen, referenceRejected] = t.split(sums[1], 2, 0);
      const lengths = { chosenLengths: t.full([rows], 1), rejectedLengths: t.full([rows], 1) };
      return dpoLoss({ chosen, rejected, referenceChosen, referenceRejected, ...lengths }, options).loss;
    });
    expectClose([found.loss], loss);
    expectClose(found.gradients[0], gradient, 2e-5);
  });

  test.each(dpo.from_seq_logps)('$kind, β = $beta, ε = $label_smoothing', (expected) => {
    const { beta, kind, label_smoothing: labelSmoothing } = expected;
    const options = {
      sigmoid: { kind: 'sigmoid', beta, labelSmoothing },
      robust: { kind: 'robust', beta, labelSmoothing },
      hinge: { kind: 'hinge', beta },
      ipo: { kind: 'ipo', beta, normalization: 'sum' },
      ipo_avg: { kind: 'ipo', beta },
      simpo: { kind: 'simpo', beta, margin: 0.5 },
    }[kind] as PreferenceLoss;
    const [chosen, rejected] = [variableOf(dpo.chosen_logps), variableOf(dpo.rejected_logps)];
    const parts = (): ReturnType<typeof dpoLoss> => {
      const pairs = {
        chosen: t.asTensor(chosen),
        rejected: t.asTensor(rejected),
        referenceChosen: tensorOf(dpo.ref_chosen_logps),
        referenceRejected: tensorOf(dpo.ref_rejected_logps),
        chosenLengths: tensorOf(dpo.chosen_lengths),
        rejectedLengths: tensorOf(dpo.rejected_lengths),
      };
      return dpoLoss(pairs, options);
    };
    const found = lossAndGradients([chosen, rejected], () => parts().loss);
    expectClose([found.loss], expected.loss);
    expectClose(found.gradients[0], expected.d_chosen_logps, 2e-5);
    expectClose(found.gradients[1], expected.d_rejected_logps, 2e-5);
    const reported = {
      losses: expected.per_pair,
      chosenRewards: expected.rewards_chosen,
      rejectedRewards: expected.rewards_rejected,
      accuracy: expected.accuracy,
      margin: expected.margin,
    } as const;
    for (const [name, values] of Object.entries(reported)) {
      expectClose(
        computed(() => parts()[name as keyof typeof reported]),
        values,
      );
    }
  });
});

test('preference losses refuse what makes no sense', () => {
  const one = (): t.Tensor => t.full([1], -1);
  const loss = (options: object) => () =>
    t.evaluate(() => {
      const sums = { chosen: one(), rejected: one(), referenceChosen: one(), referenceRejected: one() };
      return dpoLoss({ ...sums, chosenLengths: one(), rejectedLengths: one() }, options as PreferenceLoss).loss;
    });
  expect(loss({ kind: 'robust', beta: 0.1, labelSmoothing: 0.5 })).toThrow(
    /^dpoLoss: .*: robust: expected labelSmoothing to be a number in \[0, 0\.5\), got 0\.5$/,
  );
  expect(loss({ kind: 'kto', beta: 0.1 })).toThrow(/^dpoLoss: .*: expected kind to be 'sigmoid' or .*, got "kto"$/);
});

describe('REINFORCE', () => {
  test.each(golden.reinforce.cases)('$name', ({ advantages, loss, d_logits: gradient }) => {
    expectLoss(
      (logits) => reinforceLoss(sequenceSum(logProbabilities(logits), mask()), tensorOf(advantages)),
      loss,
      gradient,
    );
  });

  test('a moving average of all rewards as baseline, saved and put back', () => {
    const { ema_decay: decay, ema_baseline: expected, rlhf_reward: rewards } = golden.reinforce;
    const baseline = new MovingAverageBaseline(decay);
    (rewards as number[]).forEach((reward, i) => {
      baseline.update([reward]);
      expectClose([baseline.value], [(expected as number[])[i]], 1e-6);
    });
    const other = new MovingAverageBaseline(decay);
    other.setState(baseline.getState());
    expect(other.value).toBe(baseline.value);
    expect(() => new MovingAverageBaseline(1)).toThrow(
      new RangeError('MovingAverageBaseline: expected decay to be a number in [0, 1), got 1'),
    );
  });
});

describe('RLOO', () => {
  test.each(golden.rloo.cases)('k = $k', (expected) => {
    const advantages = rlooAdvantages(golden.rloo.rlhf_reward as number[], expected.k);
    expectClose(advantages, expected.advantages, 1e-6);
    const sums = (logits: t.TensorLike): t.Tensor => sequenceSum(logProbabilities(logits), mask());
    const given = (): t.Tensor => t.constant([advantages.length], advantages);
    expectLoss((logits) => reinforceLoss(sums(logits), given()), expected.reinforce_loss, expected.reinforce_grad);
    const old = (): t.Tensor => sequenceSum(tensorOf(rollout.old_logps), mask());
    const clipped = (logits: t.TensorLike): t.Tensor =>
      clippedSequenceLoss(sums(logits), old(), given(), expected.clip_eps);
    expectLoss(clipped, expected.clipped_loss, expected.clipped_grad);
  });

  test('advantages of a prompt sum to 0, and are k / (k − 1) times the distance from the mean', () => {
    const rewards = [1, 4, -2, 0.5, 3, 3];
    const advantages = rlooAdvantages(rewards, 3);
    expectClose(advantages, [0, 4.5, -4.5, -2.5, 1.25, 1.25], 1e-6);
    expect(() => rlooAdvantages(rewards, 1)).toThrow(
      new RangeError('rlooAdvantages: expected at least 2 completions of each prompt to compare, got 1'),
    );
    expect(() => rlooAdvantages(rewards, 4)).toThrow(
      new RangeError('rlooAdvantages: expected a multiple of 4 rewards, got 6'),
    );
  });
});

test.each([
  ['rlooAdvantages', () => rlooAdvantages([3e38, -3e38], 2)],
  ['grpoAdvantages', () => grpoAdvantages([3e38, -3e38, -3e38], 3, 'none')],
])('%s: rewards that are too far apart for float32 are refused', (name, run) => {
  expect(run).toThrow(
    new RangeError(`${name}: advantages[0]: expected a number that is finite in float32, at most 3.4e38, got Infinity`),
  );
});

test('PPO: clipped surrogate and clipped values, with both gradients', () => {
  const { ppo } = golden;
  const [logits, values] = [variableOf(rollout.logits), variableOf(ppo.vpred)];
  const parts = (): ReturnType<typeof ppoLoss> =>
    ppoLoss(
      {
        logProbabilities: logProbabilities(logits),
        oldLogProbabilities: tensorOf(rollout.old_logps),
        advantages: tensorOf(ppo.advantages),
        values: t.asTensor(values),
        oldValues: tensorOf(ppo.old_values),
        returns: tensorOf(ppo.returns),
        mask: mask(),
      },
      { clipRange: ppo.cliprange, clipRangeValue: ppo.cliprange_value, valueCoefficient: ppo.vf_coef },
    );
  const found = lossAndGradients([logits, values], () => parts().loss);
  expectClose([found.loss], ppo.loss);
  expectClose(found.gradients[0], ppo.d_logits, 2e-5);
  expectClose(found.gradients[1], ppo.d_vpred, 2e-5);
  const reported = {
    policyLoss: ppo.pg_loss,
    valueLoss: ppo.vf_loss,
    clipFraction: ppo.pg_clipfrac,
    valueClipFraction: ppo.vf_clipfrac,
    approximateKl: ppo.approx_kl_k2,
  } as const;
  for (const [name, value] of Object.entries(reported)) {
    expectClose(
      computed(() => parts()[name as keyof typeof reported]),
      value,
    );
  }
});

describe('GRPO', () => {
  const { grpo } = golden;
  const size = grpo.num_generations;
  const scores = rollout.scores as number[];

  test.each<[RewardScale, string]>([
    ['group', 'group_std_unbiased'],
    ['batch', 'batch_std'],
    ['none', 'none'],
  ])('advantages scaled by %s', (scale, name) => {
    expectClose(grpoAdvantages(scores, size, scale), grpo.advantages[name]);
  });

  test('where all of a prompt score the same nothing is learned from it', () => {
    const same = [100.1, 100.1, 100.1];
    expect([...grpoAdvantages(same, 3, 'group')]).toEqual([0, 0, 0]);
    expect([...rlooAdvantages([...same, 100.1], 4)]).toEqual([0, 0, 0, 0]);
  });

  const shared = { clipRange: grpo.cliprange, beta: grpo.kl_beta } as const;
  const options: Record<string, GrpoLossOptions> = {
    grpo: { ...shared, aggregation: 'grpo' },
    bnpo: { ...shared, aggregation: 'bnpo' },
    dr_grpo: { ...shared, aggregation: 'dr-grpo', maxLength: grpo.max_len },
    'dapo_clip_higher_0.28': { ...shared, aggregation: 'dapo', clipRangeHigh: 0.28 },
    gspo_seq_ratio_no_kl: { ...shared, aggregation: 'grpo', beta: 0, importanceSampling: 'sequence' },
  };
  const parts = (logits: t.TensorLike, which: GrpoLossOptions): ReturnType<typeof grpoLoss> =>
    grpoLoss(
      {
        logProbabilities: logProbabilities(logits),
        oldLogProbabilities: tensorOf(rollout.old_logps),
        referenceLogProbabilities: tensorOf(rollout.ref_logps),
        advantages: t.constant([8], grpoAdvantages(scores, size, 'group')),
        mask: mask(),
      },
      which,
    );

  test.each(grpo.cases)('$loss_type', ({ loss_type: name, loss, d_logits: gradient }) => {
    expectLoss((logits) => parts(logits, options[name]).loss, loss, gradient);
  });

  test('what the mask leaves out has no gradient, however unlikely it is', () => {
    const own = variableOf([[-1, -100]]);
    const zeros = (): t.Tensor => t.full([1, 2], 0);
    const found = lossAndGradients([own], () => {
      const policy = t.asTensor(own);
      const batch = { logProbabilities: policy, oldLogProbabilities: policy, referenceLogProbabilities: zeros() };
      const rest = { advantages: t.full([1], 1), mask: t.constant([1, 2], [1, 0]) };
      return grpoLoss({ ...batch, ...rest }, { clipRange: 0.2, beta: 0.04, aggregation: 'grpo' }).loss;
    });
    expect(found.gradients[0][1]).toBe(0);
    expect(Number.isFinite(found.loss)).toBe(true);
  });

  test('what is reported', () => {
    const reported = { kl: grpo.mean_kl, clipLow: grpo.clip_low, clipHigh: grpo.clip_high } as const;
    for (const [name, value] of Object.entries(reported)) {
      const build = () => parts(tensorOf(rollout.logits), options.grpo)[name as keyof typeof reported];
      expectClose(computed(build), value);
    }
  });
});

describe('REBEL', () => {
  const { rebel } = golden;
  const pairs = (values: t.Tensor): t.Tensor => t.reshape(values, [4, 2]);

  test.each(rebel.cases)('η = $eta, by the paper and by its code', (expected) => {
    for (const [scaling, name] of [['paper', 'paper'] as const, ['repository', 'repo'] as const]) {
      const build = (logits: t.TensorLike): t.Tensor =>
        rebelLoss(
          pairs(sequenceSum(logProbabilities(logits), mask())),
          pairs(tensorOf(rebel.old_seq_logps)),
          pairs(tensorOf(rebel.rlhf_reward)),
          { eta: expected.eta, scaling },
        ).loss;
      expectLoss(build, expected[`loss_${name}`], expected[`grad_${name}`]);
    }
  });

  test('where nothing has been learned yet the loss is the mean square of the rewards’ differences', () => {
    const old = (): t.Tensor => pairs(tensorOf(rebel.old_seq_logps));
    const rewards = [1, 3, 0, -1, 2, 2, 5, 1];
    const build = () => rebelLoss(old(), old(), t.constant([4, 2], rewards), { eta: 0.5, scaling: 'paper' }).loss;
    expectClose(computed(build), (4 + 1 + 0 + 16) / 4);
  });
});

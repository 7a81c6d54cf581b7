import {
  nonNegativeNumber,
  type Box,
  type DeviceOption,
  type DictPart,
  type Env,
  type OptionCheck,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { huber } from '../deep/huber.ts';
import type { MinibatchUpdate } from '../deep/replay-rounds.ts';
import { drrnDefaults, drrnOptionChecks, type DrrnOptions } from './drrn-options.ts';
import { TextAgent, updateInputs, type UpdateParts } from './text-agent.ts';
import { textEncoders } from './text-encoders.ts';
import { areThere, layer, stateSize, stateVectors, type TextNetworkOptions, type TextValues } from './text-network.ts';
import { partOf, type TextObservations } from './text-observations.ts';

/** Options of `Tdqn`: those of `Drrn`, and one more. Defaults are those of the program of Hausknecht et al. (2020), where it has them. */
export interface TdqnOptions extends DrrnOptions {
  /** Factor c of the supervised loss. Default 1 (Hausknecht et al., 2020). */
  readonly supervisedCoefficient: number;
}

/** The defaults of {@link TdqnOptions}, where they are other than those of DRRN. */
export const tdqnDefaults: TdqnOptions = {
  ...drrnDefaults,
  learningRate: 3e-4,
  gamma: 0.95,
  targetUpdateInterval: 1000,
  maxGradNorm: 40,
  supervisedCoefficient: 1,
};

const optionChecks: { readonly [Name in keyof TdqnOptions]: OptionCheck } = {
  ...drrnOptionChecks,
  supervisedCoefficient: nonNegativeNumber,
};

/** Values of all templates, [rows × templates], of which the first stands for what is none; and of all nouns in either hole, [rows × nouns] each. */
type PartValues = Readonly<Record<'template' | 'first' | 'second', t.Tensor>>;

/** What actions are made of: numbers of templates and nouns, and whether there are nouns. */
interface ActionParts {
  readonly templates: t.Tensor;
  readonly nouns: readonly { readonly number: t.Tensor; readonly isThere: t.Tensor }[];
}

/** A `TextNetwork` that values what actions are made of. */
interface TemplateNetwork {
  (observations: t.Tensor): TextValues & { readonly values: PartValues; readonly parts: ActionParts };
  readonly parameters: t.Parameters;
  readonly templateCount: number;
  readonly nounCount: number;
}

/** Elements `index`, [rows × n], of the rows of x, [rows × k]. */
function pick(x: t.Tensor, index: t.Tensor): t.Tensor {
  const [rows, count] = x.shape;
  const place = t.add(t.mul(t.expandDims(t.range(rows), 1), count), index);
  return t.embedding(t.reshape(x, [rows * count]), place);
}

/** The templates and nouns of all actions, [rows × actions] each. */
function actionParts(observations: t.Tensor, templates: DictPart, actionCount: number): ActionParts {
  const [rows] = observations.shape;
  const numbers = t.reshape(partOf(observations, templates), [rows, actionCount, 3]);
  const column = (k: number): t.Tensor => t.squeeze(t.slice(numbers, [0, 0, k], [rows, actionCount, 1]), 2);
  return {
    templates: t.cast(column(0), 'int32'),
    nouns: [1, 2].map((k) => ({
      // Nouns are counted from 1.
      number: t.cast(t.maximum(t.sub(column(k), 1), 0), 'int32'),
      isThere: t.cast(t.greater(column(k), 0), 'float32'),
    })),
  };
}

/**
 * The network of Hausknecht et al. (2020): of a hidden layer h = relu(W [h_texts] + b) of the state one value for each template and one for each noun in either
 * hole. An action is worth the mean of what it is made of (Narasimhan et al., 2015).
 */
function templateNetwork(spaces: TextObservations, options: TextNetworkOptions): TemplateNetwork {
  const { vocabulary, texts, numbers, templates, actionCount } = spaces;
  if (!templates) {
    const told = ['actions', ...[...texts, ...numbers].map(({ name }) => name)].join(', ');
    throw new RangeError(
      `Tdqn: expected observations with a part 'templates', as textEnv makes them of games whose grammar is known, got ${told}`,
    );
  }
  const { hiddenSize, random } = options;
  const { high } = templates.space as Box;
  const [templateCount, nounCount] = [high[0] + 1, Math.max(high[1], 1)];
  const { encoders, parameters } = textEncoders(
    texts.map(({ name }) => name),
    { ...options, vocabulary },
  );
  const hidden = layer(stateSize(spaces, hiddenSize), hiddenSize, random);
  const [template, first, second] = [templateCount, nounCount, nounCount].map((n) => layer(hiddenSize, n, random));

  const network = (observations: t.Tensor): ReturnType<TemplateNetwork> => {
    const state = t.relu(hidden(stateVectors(observations, spaces, encoders)));
    const values = { template: template(state), first: first(state), second: second(state) };
    const parts = actionParts(observations, templates, actionCount);
    const [one, two] = parts.nouns;
    const sum = t.add(
      pick(values.template, parts.templates),
      t.add(t.mul(one.isThere, pick(values.first, one.number)), t.mul(two.isThere, pick(values.second, two.number))),
    );
    const q = t.div(sum, t.add(1, t.add(one.isThere, two.isThere)));
    return { q, isThere: areThere(observations, spaces), values, parts };
  };
  const groups = {
    encoders: parameters,
    hidden: hidden.parameters,
    template: template.parameters,
    first: first.parameters,
    second: second.parameters,
  };
  return Object.assign(network, { parameters: t.joinParameters(groups), templateCount, nounCount });
}

/** 1 for each of `count` that one of the actions that are there has, else 0: numbers and weights [rows × n] → [rows × count]. */
function anyOf(numbers: t.Tensor, isThere: t.Tensor, count: number): t.Tensor {
  const [rows] = numbers.shape;
  const place = t.add(t.mul(t.expandDims(t.range(rows), 1), count), numbers);
  const times = t.scatterAdd(t.reshape(isThere, [-1]), t.reshape(place, [-1]), [rows * count]);
  return t.minimum(t.reshape(times, [rows, count]), 1);
}

/** Which templates and nouns valid actions have. */
function validParts(
  { parts, isThere }: ReturnType<TemplateNetwork>,
  { templateCount, nounCount }: TemplateNetwork,
): Readonly<Record<'template' | 'noun', t.Tensor>> {
  const valid = t.cast(isThere, 'float32');
  const noun = parts.nouns.map((each) => anyOf(each.number, t.mul(valid, each.isThere), nounCount));
  return { template: anyOf(parts.templates, valid, templateCount), noun: t.maximum(noun[0], noun[1]) };
}

/** −y log p − (1 − y) log(1 − p) for p = softmax(q), mean over all elements. */
function crossEntropy(q: t.Tensor, y: t.Tensor): t.Tensor {
  const logP = t.logSoftmax(q);
  // Where p is 1 in float32, the rest is not 0 but below its precision.
  const logRest = t.log(t.maximum(t.sub(1, t.exp(logP)), 1e-7));
  return t.neg(t.mean(t.add(t.mul(y, logP), t.mul(t.sub(1, y), logRest))));
}

/** One minibatch step: targets, both losses, gradient, Adam. */
function updateProgram(given: UpdateParts<TemplateNetwork, TdqnOptions>): MinibatchUpdate {
  const { online, target, optimizer, spaces, device } = given;
  const { batchSize, maxGradNorm, supervisedCoefficient } = given.options;
  return t.program(
    updateInputs(batchSize, spaces.size),
    (batch) => {
      const next = target(batch.nextObservations);
      const followed = validParts(next, target);
      const now = online(batch.observations);
      const valid = validParts(now, online);
      const [first, second] = now.parts.nouns;
      const one = (x: t.Tensor): t.Tensor => t.gather(t.cast(x, 'float32'), batch.actions);
      const always = t.full([batchSize], 1);
      /** y − q of a part of the action; 0 where the action has none. */
      const errorOf = (name: keyof PartValues, number: t.Tensor, isThere: t.Tensor): t.Tensor => {
        const mask = name === 'template' ? followed.template : followed.noun;
        const best = t.max(t.where(t.greater(mask, 0), next.values[name], -Infinity), { axis: 1 });
        const isAny = t.logicalAnd(t.greater(t.max(mask, { axis: 1 }), 0), t.greater(batch.discounts, 0));
        const y = t.add(batch.rewards, t.mul(batch.discounts, t.stopGradient(t.where(isAny, best, 0))));
        return t.mul(isThere, t.sub(y, t.gather(now.values[name], t.cast(one(number), 'int32'))));
      };
      const errors = [
        errorOf('template', now.parts.templates, always),
        errorOf('first', first.number, one(first.isThere)),
        errorOf('second', second.number, one(second.isThere)),
      ];
      const sum = (terms: readonly t.Tensor[]): t.Tensor => terms.reduce((total, each) => t.add(total, each));
      const loss = t.mean(t.mul(batch.weights, sum(errors.map(huber))));
      const supervised = sum([
        crossEntropy(now.values.template, valid.template),
        crossEntropy(now.values.first, valid.noun),
        crossEntropy(now.values.second, valid.noun),
      ]);
      const { gradientNorm } = optimizer.minimize(t.add(loss, t.mul(supervisedCoefficient, supervised)), {
        learningRate: batch.learningRate,
        maxGradNorm,
      });
      const q = t.mean(t.gather(now.q, batch.actions));
      return { metrics: t.stack([loss, q, gradientNorm, supervised]), errors: sum(errors.map((each) => t.abs(each))) };
    },
    { device },
  );
}

const method = {
  ...{ name: 'Tdqn', algorithm: 'tdqn', defaults: tdqnDefaults, checks: optionChecks },
  createNetwork: templateNetwork,
  createUpdate: updateProgram,
  otherMetrics: ['train/supervised_loss'],
};

/**
 * Template DQN (Hausknecht et al., 2020; S3.6): commands are made of a template, such as `put OBJ in OBJ`, and nouns for its holes, and each of these has a value of
 * its own, whatever the others are. A supervised loss teaches which of them are part of valid actions.
 *
 *     L(w) = E[Σ_k huber(r + γ (1 − terminated) max_{p valid in s′} q_k(s′, p; w⁻) − q_k(s, p_k; w))] + c Σ_k BCE(softmax q_k(s, ·; w), valid in s)
 *
 * over the parts k of the action that was taken: its template p_0, and its nouns p_1 and p_2. It plays environments as `textEnv` of `@gradus/envs/text` makes
 * them of games whose grammar is known.
 */
export class Tdqn extends TextAgent<TdqnOptions, TemplateNetwork> {
  static readonly algorithm = 'tdqn';

  /**
   * @param env one environment, or n copies stepped together, of a text game with a grammar
   * @throws RangeError for others, for an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<TdqnOptions> & DeviceOption = {}) {
    super(method, env, options);
  }
}

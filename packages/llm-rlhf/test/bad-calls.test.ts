import { badCalls, type Examples } from '@gradus/bad-calls';
import { Random } from '@gradus/core';
import * as llm from '@gradus/llm-rlhf';
import * as miniature from '@gradus/llm-rlhf/miniature';
import { saveParameters } from '@gradus/tensor';
import { expect, test } from 'vitest';

/** Without a prototype it is one argument: configs have a test of their own. */
const config = (): llm.ModelConfig => {
  const fields = { model_type: 'gpt2', vocab_size: 8, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 };
  return Object.assign(Object.create(null), fields) as llm.ModelConfig;
};
const random = (): Random => new Random(1);
const decoder = (): llm.Decoder => Object.create(llm.createDecoder(config(), random())) as llm.Decoder;
const adapted = (): llm.Decoder => Object.create(llm.withLora(decoder(), { rank: 2 }, random())) as llm.Decoder;
const completions = (): llm.Completions =>
  Object.create(llm.truncateCompletions([2, 1, 0, 2, 2, 2], 3, 1, 0)) as llm.Completions;
const kl = (): number[] => [0, 0, 0, 0, 0, 0];

const tokenizer = (): llm.ByteLevelTokenizer => llm.trainTokenizer(['a b c'], { vocabularySize: 257 });
const promptOptions = {
  maxPromptLength: 4,
  promptTruncation: 'last-newline',
  promptEnd: ':',
  addedTokens: false,
  onBadRow: 'throw',
  template: Object.create(new llm.ChatTemplate('')) as llm.ChatTemplate,
} as const;

const rewardModel = (): llm.RewardModel => Object.create(new llm.RewardModel(decoder(), random())) as llm.RewardModel;
const codec = { encode: (text: string) => [text.length], decode: () => '' };
/** Without prototypes inputs are one argument: what is in them has tests of its own. */
const inputsOf = (inputs: object): object => Object.assign(Object.create(null), inputs) as object;
const preferences = (): llm.PreferenceExample[] => [{ prompt: [1], chosen: [2], rejected: [3] }];
const online = (): object =>
  inputsOf({
    ...{ model: decoder(), prompts: [{ prompt: [1] }], tokenizer: codec, endOfText: 0 },
    reward: (prompts: readonly string[]) => prompts.map(() => 1),
  });
const trained: Readonly<Record<string, () => readonly unknown[]>> = {
  SftTrainer: () => [inputsOf({ model: decoder(), rows: [{ prompt: [1], completion: [2] }] }), { batchSize: 1 }],
  RewardTrainer: () => [inputsOf({ model: rewardModel(), rows: preferences() }), { batchSize: 1 }],
  DpoTrainer: () => [inputsOf({ model: decoder(), rows: preferences() }), { batchSize: 1 }],
  ReinforceTrainer: () => [online(), { batchSize: 2, maxNewTokens: 2 }],
  RlooTrainer: () => [online(), { batchSize: 2, maxNewTokens: 2 }],
  GrpoTrainer: () => [online(), { batchSize: 2, maxNewTokens: 2, groupSize: 2 }],
  PpoTrainer: () => [online(), { batchSize: 2, maxNewTokens: 2 }],
  RebelTrainer: () => [online(), { batchSize: 2, maxNewTokens: 2 }],
};

const renderOptions = {
  addGenerationPrompt: true,
  continueFinalMessage: false,
  tools: [],
  documents: [],
  date: new Date(0),
};

const examples: Examples = {
  ...trained,
  ...Object.fromEntries(
    Object.keys(trained).flatMap((name) => [
      [`${name}.learn`, () => [{ steps: 2 }]],
      [`${name}.checkpoint`, () => []],
      [`${name}.dispose`, () => []],
    ]),
  ),
  copyDecoder: () => [decoder()],
  completeAll: () => [decoder(), [{ prompt: [1] }], { maxNewTokens: 1, random: Object.create(random()) as Random }],
  heldOutLoss: () => [decoder(), [{ prompt: [1], completion: [2] }]],
  preferenceAccuracy: () => [rewardModel(), preferences()],
  rouge: () => ['a b', 'a c'],
  passAtK: () => [4, 2, 2],
  winRate: () => [
    [inputsOf({ prompt: [1], completion: [2] }), inputsOf({ prompt: [1], completion: [3] })],
    [[2], [2]],
    { random: Object.create(random()) as Random, judge: () => 0.5 },
  ],
  winRateCallback: () => [
    decoder(),
    {
      rows: [inputsOf({ prompt: [1], completion: [2] }), inputsOf({ prompt: [1], completion: [3] })],
      ...{ judge: () => 0.5, interval: 8, maxNewTokens: 2, stopTokens: [0], seed: 1, temperature: 1 },
    },
  ],
  'winRateCallback.onStart': null,
  'winRateCallback.onProgress': null,
  RewardModel: () => [decoder(), Object.create(random()) as Random, { rows: 2, maxLength: 4 }],
  'RewardModel.score': () => [[[1, 2]]],
  'RewardModel.center': () => [[[1, 2]]],
  'RewardModel.setState': () => [{ bias: 1 }],
  // Within a program: tensor's own checks see what they are given.
  bradleyTerryLoss: null,
  clippedSequenceLoss: null,
  dpoLoss: null,
  grpoLoss: null,
  klEstimate: null,
  logProbabilitiesOf: null,
  masked: null,
  maskedMean: null,
  ppoLoss: null,
  rebelLoss: null,
  reinforceLoss: null,
  sequenceSum: null,
  sftLoss: null,
  shifted: null,
  tokenEntropy: null,
  textRewards: null,
  'createDecoder.hidden': null,
  'createDecoder.hiddenAt': null,
  'createDecoder.positionsOf': null,
  'createDecoder.head': null,
  'createDecoder.logits': null,
  'loadDecoder.hidden': null,
  'loadDecoder.hiddenAt': null,
  'loadDecoder.positionsOf': null,
  'loadDecoder.head': null,
  'loadDecoder.logits': null,
  'copyDecoder.hidden': null,
  'copyDecoder.hiddenAt': null,
  'copyDecoder.positionsOf': null,
  'copyDecoder.head': null,
  'copyDecoder.logits': null,
  'rewardHead.apply': null,
  'valueHead.apply': null,
  ...Object.fromEntries(
    ['withLora', 'loadLora', 'mergeLora'].flatMap((name) =>
      ['hidden', 'hiddenAt', 'positionsOf', 'head', 'logits'].map((method) => [`${name}.${method}`, null]),
    ),
  ),
  withLora: () => [decoder(), { rank: 2, alpha: 4, targets: ['c_attn'] }, Object.create(random()) as Random],
  mergeLora: () => [adapted()],
  saveLora: () => [adapted()],
  loadLora: () => [
    decoder(),
    {
      config: Object.assign(
        Object.create(null),
        JSON.parse(new TextDecoder().decode(llm.saveLora(adapted())['adapter_config.json'])),
      ) as object,
      weights: llm.saveLora(adapted())['adapter_model.safetensors'],
    },
  ],
  // Takes what `readConfig` has read.
  sizesOf: null,
  createDecoder: () => [config(), Object.create(random()) as Random],
  readConfig: () => [config()],
  loadDecoder: () => [{ config: config(), weights: [saveParameters(decoder().parameters)] }],
  saveDecoder: () => [decoder()],
  // Of bytes, which have a test of their own.
  loadLlama2c: null,
  rewardHead: () => [4, Object.create(random()) as Random],
  valueHead: () => [4],
  rlooAdvantages: () => [[1, 2, 3, 4], 2],
  grpoAdvantages: () => [[1, 2, 3, 4], 2, 'group'],
  MovingAverageBaseline: () => [0.9],
  'MovingAverageBaseline.update': () => [[1, 2]],
  'MovingAverageBaseline.setState': () => [{ average: 1 }],
  AdaptiveKlCoefficient: () => [{ initial: 0.1, target: 6, horizon: 100 }],
  'AdaptiveKlCoefficient.update': () => [1, 2],
  'AdaptiveKlCoefficient.setState': () => [{ coefficient: 1 }],
  truncateCompletions: () => [[2, 1, 0, 2, 2, 2], 3, 1, 0],
  penalizeMissingEnd: () => [[1, 2], [0, 1], { kind: 'subtract', value: 1 }],
  tokenRewards: () => [completions(), [1, 2], kl(), { klCoefficient: 0.1, placement: 'last-token', time: 3 }],
  tokenAdvantages: () => [completions(), kl(), kl(), { gamma: 1, lambda: 0.9, placement: 'last-token', time: 3 }],
  whiten: () => [[1, 2, 3], [1, 1, 1], { shiftsMean: true, variance: 'biased' }],
  ByteLevelTokenizer: () => [
    { vocabulary: Object.assign(Object.create(null), { a: 0, b: 1 }) as Record<string, number>, merges: [] },
  ],
  'ByteLevelTokenizer.encode': () => ['ab', { addedTokens: true }],
  'ByteLevelTokenizer.decode': () => [[0, 1], { skipSpecial: true }],
  trainTokenizer: () => [['a b'], { vocabularySize: 257, specialTokens: ['<c>'], minFrequency: 1 }],
  'trainTokenizer.encode': () => ['ab', { addedTokens: true }],
  'trainTokenizer.decode': () => [[0, 1], { skipSpecial: true }],
  // Of JSON, which has a test of its own.
  readTokenizer: null,
  tokenizerJson: null,
  readJsonLines: () => ['{}', { onBadRow: 'skip' }],
  // Of bytes, which have a test of their own.
  readParquet: null,
  completionExamples: () => [
    [Object.assign(Object.create(null), { prompt: 'a', completion: 'b' }) as llm.Row],
    Object.create(tokenizer()) as llm.TextEncoding,
    { ...promptOptions, endOfText: 0, maxCompletionLength: 3 },
  ],
  preferenceExamples: () => [
    [Object.assign(Object.create(null), { prompt: 'a', chosen: 'b', rejected: 'c' }) as llm.Row],
    Object.create(tokenizer()) as llm.TextEncoding,
    { ...promptOptions, endOfText: 0, maxCompletionLength: 3 },
  ],
  promptExamples: () => [
    [Object.assign(Object.create(null), { prompt: 'a' }) as llm.Row],
    Object.create(tokenizer()) as llm.TextEncoding,
    promptOptions,
  ],
  ChatTemplate: () => [
    '{{ messages | tojson }}',
    Object.assign(Object.create(null), { bos_token: '<s>' }) as Record<string, unknown>,
  ],
  'ChatTemplate.render': () => [
    [Object.assign(Object.create(null), { role: 'user' }) as llm.ChatMessage],
    renderOptions,
  ],
  'ChatTemplate.renderParts': () => [
    [Object.assign(Object.create(null), { role: 'user' }) as llm.ChatMessage],
    renderOptions,
  ],
  encodeChat: () => [Object.create(tokenizer()) as llm.TextEncoding, [{ text: 'a', isAssistant: true }]],
  // Of JSON, which has a test of its own.
  readChatTemplates: null,
  EpisodePlayer: () => [
    decoder(),
    Object.create(codec) as llm.EpisodeTokenizer,
    { rows: 1, maxLength: 4, maxNewTokens: 2, maxTurns: 1, stopTokens: [0], format: { callStart: '<' } },
  ],
  'EpisodePlayer.play': () => [
    [{ environment: { reset: () => 'a', reward: () => 1 } }],
    { temperature: 1, random: Object.create(random()) as Random },
  ],
  TextGameEnvironment: () => [
    {
      reset: () => ({ observation: 'a', validActions: [] }),
      step: () => ({ observation: 'a', validActions: [], reward: 1, terminated: true }),
    },
    { tellActions: true },
  ],
  'TextGameEnvironment.reset': () => [{ seed: 1 }],
  commandTurn: () => ['a', { callStart: '<', callEnd: '>' }],
  demonstrate: () => [
    { reset: () => 'a', reward: () => 1 },
    ['a'],
    { tokenizer: Object.create(codec) as llm.TextEncoding, endOfText: 0, row: {}, format: { callStart: '<' } },
  ],
  sampleToken: () => [[0, 1], { temperature: 1, topK: 2, topP: 0.5 }, 0.5],
  TextGenerator: () => [decoder(), { rows: 1, promptLength: 2, maxNewTokens: 2 }],
  'TextGenerator.generate': () => [
    [[1]],
    { temperature: 1, stopTokens: [1], random: Object.create(random()) as Random },
  ],
  'TextGenerator.stream': () => [[[1]], { temperature: 1, stopTokens: [1], random: Object.create(random()) as Random }],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(llm, examples, {
    sources: `${import.meta.dirname}/../src`,
    accepted: [/\.(topK|maxPromptLength|maxCompletionLength|endOfText): null\): accepted$/],
  });
  expect(failures.slice(0, 100)).toEqual([]);
});

const bare = <T extends object>(fields: T): T => Object.assign(Object.create(null) as object, fields);
const clauses = (): miniature.Clause[] => miniature.drawPost(random()).clauses.map(bare);
const prompt = (): number[] => [3, 6, 14, 22, 5, 2];
const draws = (): Random => Object.create(random()) as Random;
const reference = (): object => bare({ prompt: prompt(), completion: [6, 14, 22, 1] });

test('bad arguments of the miniature are refused in words', async () => {
  const { failures } = await badCalls(
    miniature,
    {
      makeMiniature: () => [{ seed: 1, training: 2, validation: 2, prompts: 2, heldOut: 2 }],
      // Minutes of training, each of whose steps has tests of its own.
      prepareMiniature: null,
      withFewerLabels: null,
      trainMiniature: null,
      scoreMiniature: null,
      drawPost: () => [draws()],
      readPost: () => [prompt()],
      humanSummary: () => [clauses(), draws()],
      idealSummary: () => [clauses()],
      judgeSummary: () => [prompt(), [6, 14, 22, 1]],
      labelPairs: () => [[bare({ prompt: prompt(), first: [1], second: [6, 1] })], draws()],
      preferenceProbability: () => [bare({ prompt: prompt(), first: [1], second: [6, 1] })],
      goldJudge: () => [prompt(), [1], [6, 1]],
      meanGold: () => [
        [reference(), reference()],
        [[1], [6, 1]],
      ],
      winRate: () => [[reference(), reference()], [[1], [6, 1]], { random: draws(), judge: () => 0.5 }],
      miniatureTokenizer: () => [],
      'miniatureTokenizer.encode': () => ['anna', { addedTokens: true }],
      'miniatureTokenizer.decode': () => [[6], { skipSpecial: true }],
      WordTokenizer: () => [['a', 'b'], { specialTokens: ['a'] }],
      'WordTokenizer.encode': () => ['a', { addedTokens: true }],
      'WordTokenizer.decode': () => [[0], { skipSpecial: true }],
    },
    { sources: `${import.meta.dirname}/../src` },
  );
  expect(failures.slice(0, 100)).toEqual([]);
});

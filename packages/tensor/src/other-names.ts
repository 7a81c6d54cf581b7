/** What options are called in other libraries (Stable-Baselines3 and its zoo, CleanRL, Spinning Up, TRL, PEFT), as {@link plainName} has it, and here. */
const options: Readonly<Record<string, readonly string[]>> = {
  lr: ['learningRate', 'alpha'],
  learningrate: ['learningRate', 'alpha'],
  pilr: ['learningRate'],
  vflr: ['valueLearningRate', 'learningRate'],
  nsteps: ['nSteps', 'steps'],
  numsteps: ['steps'],
  stepsperepoch: ['steps'],
  minibatchsize: ['batchSize'],
  perdevicetrainbatchsize: ['batchSize'],
  numminibatches: ['minibatches', 'batchSize'],
  gradientaccumulationsteps: ['batchSize'],
  nepochs: ['epochs'],
  numepochs: ['epochs'],
  numtrainepochs: ['epochs'],
  updateepochs: ['epochs'],
  entcoef: ['entropyCoefficient'],
  entropycoef: ['entropyCoefficient'],
  entropycoeff: ['entropyCoefficient'],
  vfcoef: ['valueCoefficient'],
  valuecoef: ['valueCoefficient'],
  cliprange: ['clipRange'],
  clipcoef: ['clipRange'],
  clipratio: ['clipRange'],
  clipepsilon: ['clipRange'],
  cliprangevf: ['clipRangeValue'],
  clipvloss: ['clipRangeValue'],
  lam: ['gaeLambda', 'lambda'],
  gaelambda: ['gaeLambda', 'lambda'],
  discount: ['gamma'],
  discountfactor: ['gamma'],
  normadv: ['normalizeAdvantage'],
  usesde: ['stateDependentExploration'],
  sdesamplefreq: ['stateDependentExploration'],
  logstdinit: ['initialLogStd'],
  orthoinit: ['orthogonalInitialization'],
  activationfn: ['activation'],
  netarch: ['hidden'],
  policykwargs: ['hidden'],
  hiddensizes: ['hidden'],
  cgmaxsteps: ['conjugateGradientSteps'],
  cgdamping: ['damping'],
  ncriticupdates: ['criticEpochs'],
  linesearchmaxiter: ['lineSearchSteps'],
  replaysize: ['bufferSize'],
  memorysize: ['bufferSize'],
  startsteps: ['learningStarts'],
  trainfreq: ['trainFrequency'],
  targetnetworkfrequency: ['targetUpdateInterval'],
  targetupdateinterval: ['tau'],
  polyak: ['tau'],
  actionnoise: ['noise'],
  explorationfraction: ['epsilon', 'exploration'],
  explorationinitialeps: ['epsilon', 'exploration'],
  explorationfinaleps: ['epsilon', 'exploration'],
  starte: ['epsilon', 'exploration'],
  ende: ['epsilon', 'exploration'],
  epsilon: ['epsilon', 'exploration', 'clipRange'],
  prioritizedreplayalpha: ['priorityExponent'],
  prioritizedreplaybeta0: ['importanceExponent'],
  natoms: ['distribution'],
  nquantiles: ['distribution'],
  doubleq: ['double'],
  nenvs: ['numEnvs'],
  numenvs: ['numEnvs'],
  evalfreq: ['interval'],
  savefreq: ['interval'],
  nevalepisodes: ['episodes'],
  savepath: ['folder'],
  popsize: ['populationSize'],
  sigma: ['deviation', 'initialDeviation'],
  ndelta: ['directions'],
  ntop: ['topDirections'],
  deltastd: ['deviation'],
  numgenerations: ['groupSize'],
  rlook: ['groupSize'],
  maxcompletionlength: ['maxNewTokens'],
  responselength: ['maxNewTokens'],
  maxlength: ['maxCompletionLength', 'maxPromptLength'],
  klcoef: ['klCoefficient', 'beta'],
  beta: ['klCoefficient', 'loss'],
  losstype: ['loss', 'aggregation'],
  labelsmoothing: ['loss'],
  numiterations: ['epochs'],
  epsilonhigh: ['clipRangeHigh'],
  eostoken: ['endOfText'],
  eostokenid: ['endOfText'],
  r: ['rank'],
  training: ['update'],
  loraalpha: ['alpha'],
  targetmodules: ['targets'],
};

const HOW_LONG = 'how long to train is `steps` of learn, as in `learn({ steps: 1000 })`';
const LOGS = 'training writes logs: tensorBoardLogger among the callbacks, or gradus train --log';
const SCHEDULE = '`learningRate` takes a schedule, such as linear(from, to)';
const CLIPPED = 'observations are clipped by the `statistics` of new RunningNormalizer(size, limit)';

/** What is no option here, and how the same is done. */
const remarks: Readonly<Record<string, string>> = {
  totaltimesteps: HOW_LONG,
  timesteps: HOW_LONG,
  ntimesteps: HOW_LONG,
  verbose: 'training prints nothing by itself: consoleProgress among the callbacks of train does',
  tensorboardlog: LOGS,
  loggingsteps: LOGS,
  reportto: LOGS,
  epochs: `${HOW_LONG}; an epoch of texts is as many steps as there are`,
  numtrainepochs: `${HOW_LONG}; an epoch of texts is as many steps as there are`,
  savesteps: '`checkpoints` among the callbacks of train saves what is trained',
  outputdir: '`checkpoints` among the callbacks of train saves what is trained',
  warmupratio: SCHEDULE,
  warmupsteps: SCHEDULE,
  lrschedulertype: SCHEDULE,
  nenvs: 'copies are made by makeVectorEnv(id, n), or vectorize(makeEnv, n)',
  clipobs: CLIPPED,
};

/** A name without what libraries write differently: `ent_coef`, `ent-coef` and `entCoef` are one. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** What `name`, of an option in another library that `known` does not have in any spelling, is called here, as far as `known` has it. */
export function translateName(name: string, known: readonly string[]): string[] {
  const plain = plainName(name);
  if (!Object.hasOwn(options, plain) || known.some((candidate) => plainName(candidate) === plain)) return [];
  return options[plain].filter((candidate) => known.includes(candidate));
}

/** How to do what an option of another library does that is none of `known`, in any spelling or translated; undefined for other names. */
export function remarkOn(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  if (!Object.hasOwn(remarks, plain) || translateName(name, known).length > 0) return undefined;
  return known.some((candidate) => plainName(candidate) === plain) ? undefined : remarks[plain];
}

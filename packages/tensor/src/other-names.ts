/** What options are called in other libraries (Stable-Baselines3 and its zoo, CleanRL, Spinning Up), as {@link plainName} has it, and here. */
const options: Readonly<Record<string, readonly string[]>> = {
  lr: ['learningRate', 'alpha'],
  learningrate: ['learningRate', 'alpha'],
  pilr: ['learningRate'],
  vflr: ['valueLearningRate', 'learningRate'],
  nsteps: ['nSteps', 'steps'],
  numsteps: ['steps'],
  stepsperepoch: ['steps'],
  minibatchsize: ['batchSize'],
  numminibatches: ['batchSize'],
  nepochs: ['epochs'],
  numepochs: ['epochs'],
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
  polyak: ['tau'],
  explorationfraction: ['epsilon', 'exploration'],
  explorationinitialeps: ['epsilon', 'exploration'],
  explorationfinaleps: ['epsilon', 'exploration'],
  starte: ['epsilon', 'exploration'],
  ende: ['epsilon', 'exploration'],
  epsilon: ['epsilon', 'exploration'],
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
};

/** What is no option here, and how the same is done. */
const remarks: Readonly<Record<string, string>> = {
  totaltimesteps: 'how long to train is `steps` of learn, as in `learn({ steps: 1000 })`',
  timesteps: 'how long to train is `steps` of learn, as in `learn({ steps: 1000 })`',
  ntimesteps: 'how long to train is `steps` of learn, as in `learn({ steps: 1000 })`',
  verbose: 'training prints nothing by itself: consoleProgress among the callbacks of train does',
  tensorboardlog: 'training writes logs: tensorBoardLogger among the callbacks, or gradus train --log',
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

/** How to do what an option of another library does that is none here; undefined for other names. */
export function remarkOn(name: string): string | undefined {
  const plain = plainName(name);
  return Object.hasOwn(remarks, plain) ? remarks[plain] : undefined;
}

import { agentsWithTools } from './agents-with-tools.ts';
import { aliasedGridExperiment } from './aliased-grid.ts';
import { deadlyTriad } from './deadly-triad.ts';
import { dqnAblation } from './dqn-ablation.ts';
import type { Experiment } from './experiment.ts';
import { exploration } from './exploration.ts';
import { gradientVariance } from './gradient-variance.ts';
import { overOptimization } from './over-optimization.ts';
import { qLearningContraction } from './q-learning-contraction.ts';
import { reinforceTricks } from './reinforce-tricks.ts';
import { replayStudy } from './replay-study.ts';
import { stepSizes } from './step-sizes.ts';
import { summariesFineTuning } from './summaries-fine-tuning.ts';
import { summariesSettings } from './summaries-settings.ts';
import { summariesTable } from './summaries-table.ts';
import { tdGammonExperiment } from './td-gammon.ts';
import { tdLambdaExperiment } from './td-lambda.ts';
import { weakRewardModel } from './weak-reward-model.ts';
import { zerothAndFirstOrder } from './zeroth-and-first-order.ts';

/** All experiments. */
export const experiments: readonly Experiment[] = [
  qLearningContraction,
  stepSizes,
  exploration,
  tdLambdaExperiment,
  deadlyTriad,
  dqnAblation,
  aliasedGridExperiment,
  gradientVariance,
  reinforceTricks,
  zerothAndFirstOrder,
  replayStudy,
  summariesTable,
  summariesFineTuning,
  summariesSettings,
  overOptimization,
  weakRewardModel,
  tdGammonExperiment,
  agentsWithTools,
];

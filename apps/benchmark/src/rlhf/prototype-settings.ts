/**
 * Settings of a prototype in PyTorch, which over-optimization and weak-reward-model have: what they ask of a reward model and of β was asked before summaries-settings
 * chose others for the table.
 */
export const prototypeSettings = {
  rewardModel: { rewardEpochs: 3, rewardLearningRate: 2e-3 },
  dpo: { learningRate: 3e-4, beta: 0.5 },
  online: { learningRate: 5e-4, beta: 0.05 },
} as const;

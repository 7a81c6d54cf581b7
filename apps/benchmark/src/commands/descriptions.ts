/** The commands and what each does, apart from them: `gradus --help` shows these without loading any. */
export const descriptions = {
  train: 'train an agent, then evaluate it',
  evaluate: 'play whole episodes with a saved agent and its best actions',
  watch: 'write an animated GIF of a saved agent that plays with its best actions',
  play: 'play a text adventure or backgammon in the terminal',
  export: 'write a saved agent for other programs: ONNX, TensorFlow.js, safetensors, one JavaScript file',
  import: 'make an agent of one that was trained with Stable-Baselines3 or CleanRL',
  list: 'show algorithms, environments, settings and devices',
  bench: 'train and score the runs of a suite, or measure speed',
  report: 'write results as a page of figures and tables',
  compare: 'say with what probability results improve on others; fail on a significant regression',
  tune: 'search for good options of an algorithm',
  experiment: 'answer a question of the lectures by computing: a page, a figure, its numbers and a verdict',
  rlhf: 'train language models by texts, preferences and rewards, and complete texts with them',
  backgammon: 'train a player of backgammon, evaluate it, play against it',
  worker: 'execute runs that others put on a queue',
} as const;

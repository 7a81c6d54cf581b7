/** Small networks, and rounds and minibatches that go with them. */
const small: Readonly<Record<string, unknown>> = {
  hidden: [8],
  criticHidden: [8],
  cellSize: 4,
  sequenceLength: 4,
  steps: 64,
  batchSize: 64,
  learningStarts: 100,
};

/** Options with which an algorithm that has these defaults learns within moments: of the small ones, those that it has. */
export function smallOptions(defaults: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(small).filter(([name]) => Object.hasOwn(defaults, name)));
}

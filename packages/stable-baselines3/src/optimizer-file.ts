import { ImportError } from './errors.ts';
import { entriesOf, pythonText } from './python.ts';
import { readTensor, type Tensor } from './torch-file.ts';

/** What `optimizer.state_dict()` of PyTorch had, of Adam or RMSprop. */
export interface OptimizerFile {
  /** The name of the file. */
  readonly name: string;
  /** Tensors that it changes, in the order of the module's parameters. */
  readonly count: number;
  /** Steps that it has made. */
  readonly steps: number;
  /** What it remembers of each tensor that it has changed, by the names that Gradus' optimizers have and the tensor's place. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<number, Tensor>>;
  /** Why Gradus' optimizers cannot go on with it; undefined where they can. */
  readonly problem: string | undefined;
}

/** What PyTorch calls what Gradus calls otherwise. */
const names: ReadonlyMap<unknown, string> = new Map([
  ['exp_avg', 'mean'],
  ['exp_avg_sq', 'meanSquare'],
  ['square_avg', 'meanSquare'],
]);

/** Settings that Gradus' optimizers have in common with those of PyTorch's that they can go on from. */
const settings: Readonly<Record<string, number | boolean | readonly number[]>> = {
  betas: [0.9, 0.999],
  alpha: 0.99,
  weight_decay: 0,
  momentum: 0,
  amsgrad: false,
  centered: false,
  maximize: false,
};

/**
 * What is remembered in `value`, which `readTorchFile` gave. Throws {@link ImportError}, beginning with `subject`, for what is no state of an optimizer, and where its
 * tensors have more than `maxBytes` together.
 */
export function readOptimizer(
  value: unknown,
  name: string,
  { subject, maxBytes }: { readonly subject: string; readonly maxBytes: number },
): OptimizerFile {
  const whole = entriesOf(value);
  const state = entriesOf(whole?.get('state'));
  const groups = whole?.get('param_groups');
  const [group, ...others] = Array.isArray(groups) ? groups.map(entriesOf) : [];
  const parameters = group?.get('params');
  if (state === undefined || group === undefined || !Array.isArray(parameters)) {
    throw new ImportError(`${subject}: expected the state of an optimizer, got ${pythonText(value)}`);
  }
  const indices = new Map((parameters as unknown[]).map((key, index) => [key, index]));
  const slots = new Map<string, Map<number, Tensor>>();
  const steps = new Set<number>();
  let total = 0;
  for (const [key, entry] of state) {
    for (const [kind, remembered] of entriesOf(entry) ?? []) {
      const tensor = readTensor(remembered, `${subject}: ${pythonText(kind)}`);
      total += tensor?.data.byteLength ?? 0;
      if (total > maxBytes) {
        throw new ImportError(
          `${subject}: too large: its tensors have more than ${maxBytes} bytes together (maxBytes)`,
        );
      }
      if (kind === 'step') steps.add(tensor?.data[0] ?? (typeof remembered === 'number' ? remembered : NaN));
      const [slot, index] = [names.get(kind), indices.get(key)];
      if (slot === undefined || tensor === undefined) continue;
      if (index === undefined) throw new ImportError(`${subject}: damaged: it remembers a tensor ${pythonText(key)}`);
      slots.set(slot, (slots.get(slot) ?? new Map<number, Tensor>()).set(index, tensor));
    }
  }
  const [made = 0] = steps;
  if (!Number.isSafeInteger(made) || made < 0) throw new ImportError(`${subject}: damaged: ${made} steps`);
  return {
    name,
    count: parameters.length,
    steps: made,
    slots,
    problem: problemOf(group, others.length > 0 || steps.size > 1),
  };
}

function problemOf(group: ReadonlyMap<unknown, unknown>, isDivided: boolean): string | undefined {
  if (isDivided) return 'it changed some weights apart from others';
  const other = Object.keys(settings).find((key) => group.has(key) && !isSame(group.get(key), settings[key]));
  return other && `${other} is another one than Gradus has`;
}

function isSame(value: unknown, expected: number | boolean | readonly number[]): boolean {
  if (typeof expected !== 'object') return value === expected;
  return Array.isArray(value) && expected.every((each, i) => value[i] === each);
}

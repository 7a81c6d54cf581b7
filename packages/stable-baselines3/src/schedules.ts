import { linear, type Schedule } from '@gradus/core';
import { PythonObject, attributesOf, entriesOf, nameOf } from './python.ts';

/** What a function closes over, by name. */
type Closure = Readonly<Record<string, number>>;

/** Functions of Stable-Baselines3 and its zoo that do nothing but compute a schedule, by the names of what they close over. */
const known: Readonly<Record<string, (closure: Closure) => Schedule>> = {
  // constant_fn
  val: ({ val }) => val,
  // get_linear_fn
  'end,end_fraction,start': ({ start, end, end_fraction: fraction }) => linear(start, end, fraction),
  // The zoo's linear_schedule, of what is left of training.
  initial_value: ({ initial_value: from }) => linear(from, 0),
};

/** The modules that have them, in which the zoo's was called otherwise at first. */
const modules: readonly unknown[] = ['stable_baselines3.common.utils', 'rl_zoo3.utils', 'utils.utils'];

/**
 * The schedule that a number, an object or a function of Stable-Baselines3 is; undefined for functions of others: they are byte code, which is never run.
 * Of a function no more is read than its module and what it closes over.
 */
export function readSchedule(value: unknown): Schedule | undefined {
  if (typeof value === 'number') return value;
  if (!(value instanceof PythonObject)) return undefined;
  const attributes = attributesOf(value);
  const read = (name: string): number => Number(attributes.get(name));
  switch (nameOf(value)) {
    case 'stable_baselines3.common.utils.FloatSchedule':
      return readSchedule(attributes.get('value_schedule'));
    case 'stable_baselines3.common.utils.ConstantSchedule':
      return finite({ val: read('val') }, known.val);
    case 'stable_baselines3.common.utils.LinearSchedule': {
      const closure = { start: read('start'), end: read('end'), end_fraction: read('end_fraction') };
      return finite(closure, known['end,end_fraction,start']);
    }
    default:
      return readFunction(value);
  }
}

function finite(closure: Closure, make: (closure: Closure) => Schedule): Schedule | undefined {
  if (!Object.values(closure).every(Number.isFinite)) return undefined;
  try {
    return make(closure);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A function as cloudpickle notes it: its code, in which the names of what it closes over are second to last, its module among its globals, cells beside them. */
function readFunction(value: PythonObject): Schedule | undefined {
  const [code, globals] = value.args;
  const module = entriesOf(globals)?.get('__name__');
  const names = code instanceof PythonObject ? code.args.at(-2) : undefined;
  // Ordinary attributes, and those with slots of their own.
  const slots = Array.isArray(value.state) ? entriesOf((value.state as unknown[])[1]) : undefined;
  const cells = slots?.get('__closure__') ?? slots?.get('closure');
  if (!modules.includes(module) || !Array.isArray(names) || !Array.isArray(cells)) return undefined;
  const key = [...(names as unknown[])].map(String).sort().join();
  if (!Object.hasOwn(known, key)) return undefined;
  const contents = (cells as unknown[]).map((cell) => (cell instanceof PythonObject ? cell.args[0] : undefined));
  const closure = Object.fromEntries(names.map((name, i) => [String(name), Number(contents[i] ?? NaN)]));
  return finite(closure, known[key]);
}

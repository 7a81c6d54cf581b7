import { TemplateError } from './python-values.ts';

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const padded = (value: number, width = 2): string => String(value).padStart(width, '0');

const codes: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => padded(date.getUTCFullYear(), 4),
  y: (date) => padded(date.getUTCFullYear() % 100),
  m: (date) => padded(date.getUTCMonth() + 1),
  B: (date) => months[date.getUTCMonth()],
  b: (date) => months[date.getUTCMonth()].slice(0, 3),
  d: (date) => padded(date.getUTCDate()),
  '-d': (date) => String(date.getUTCDate()),
  A: (date) => days[date.getUTCDay()],
  a: (date) => days[date.getUTCDay()].slice(0, 3),
  H: (date) => padded(date.getUTCHours()),
  M: (date) => padded(date.getUTCMinutes()),
  S: (date) => padded(date.getUTCSeconds()),
  '%': () => '%',
};

/** Python's datetime.strftime, in English and in UTC. @throws TemplateError for a code that is not supported. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?.?)/gsu, (whole, code: string) => {
    if (!Object.hasOwn(codes, code)) throw new TemplateError(`strftime_now: '${whole}' is not supported`);
    return codes[code](date);
  });
}

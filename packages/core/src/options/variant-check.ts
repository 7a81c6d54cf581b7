import { checkArguments, valueText, type OptionCheck } from '@gradus/tensor';

/** Accepts an object whose `kind` is one of `kinds`, and whose other entries those checks accept. */
export function variantCheck(kinds: Readonly<Record<string, Readonly<Record<string, OptionCheck>>>>): OptionCheck {
  const names = Object.keys(kinds)
    .map((kind) => `'${kind}'`)
    .join(' or ');
  const explain = (value: unknown): string | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    const { kind, ...rest } = value as Readonly<Record<string, unknown>>;
    if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
      return `expected kind to be ${names}, got ${valueText(kind)}`;
    }
    try {
      checkArguments(kind, rest, kinds[kind]);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  return {
    expected: `an object whose kind is ${names}`,
    accepts: (value) => typeof value === 'object' && value !== null && explain(value) === undefined,
    explain,
  };
}

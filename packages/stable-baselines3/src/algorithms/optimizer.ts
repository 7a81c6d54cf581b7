import type { ModelData } from '../model-file.ts';
import { entriesOf, nameOf } from '../python.ts';

/** The optimizer of a policy, as far as the file says it. */
export function optimizerOptions(data: ModelData): {
  readonly name: string | undefined;
  readonly epsilon: number | undefined;
} {
  const given = data.policyValue('optimizer_kwargs');
  const kwargs = entriesOf(given) ?? new Map<unknown, unknown>(Object.entries(given ?? {}));
  const epsilon: unknown = kwargs.get('eps');
  return {
    name: nameOf(data.policyValue('optimizer_class'))?.split('.').at(-1),
    epsilon: typeof epsilon === 'number' ? epsilon : undefined,
  };
}

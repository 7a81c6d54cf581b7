import { checkArguments, text as aText, valueText } from '@gradus/core';

/**
 * A relation and what it is between: `['at', 'player', 'kitchen']` is at(player, kitchen). In a pattern, terms that begin with `?` are variables, which stand
 * for anything.
 */
export type Fact = readonly [predicate: string, ...terms: string[]];

/** What variables stand for. */
export type Bindings = Readonly<Record<string, string>>;

/** Reads `at(player, kitchen)`. Throws `RangeError` for text that is no fact. */
export function fact(text: string): Fact {
  checkArguments('fact', { text }, { text: aText });
  const found = /^(\w+)\((.*)\)$/.exec(text);
  if (!found) throw new RangeError(`fact: expected text such as 'at(player, kitchen)', got ${valueText(text)}`);
  const [, predicate, terms] = found;
  return terms.trim() === '' ? [predicate] : [predicate, ...terms.split(',').map((term) => term.trim())];
}

/** The text of a fact. */
export function factText([predicate, ...terms]: Fact): string {
  return `${predicate}(${terms.join(', ')})`;
}

/** What the variables of `pattern`, of which some stand for something already, have to stand for to make it `known`; undefined where nothing does. */
export function unify(pattern: Fact, known: Fact, bindings: Bindings): Bindings | undefined {
  if (pattern.length !== known.length) return undefined;
  let found = bindings;
  for (let i = 0; i < pattern.length; i++) {
    const [term, value] = [pattern[i], known[i]];
    const expected = isVariable(term) ? found[term] : term;
    if (expected === undefined) found = { ...found, [term]: value };
    else if (expected !== value) return undefined;
  }
  return found;
}

/** The pattern with what its variables stand for. */
export function bind([predicate, ...terms]: Fact, bindings: Bindings): Fact {
  return [predicate, ...terms.map((term) => bindings[term] ?? term)];
}

export function isVariable(term: string): boolean {
  return term.startsWith('?');
}

/** A set of facts, over others that never change. They are found by predicate, and by predicate and first term. */
export class Facts {
  private readonly index = new Map<string, Map<string, Fact>>();
  private readonly base: Facts | undefined;

  constructor(facts: Iterable<Fact>, base?: Facts) {
    this.base = base;
    for (const each of facts) this.add(each);
  }

  has(known: Fact): boolean {
    return this.index.get(known[0])?.has(factText(known)) === true || this.base?.has(known) === true;
  }

  add(known: Fact): void {
    const text = factText(known);
    for (const key of keysOf(known)) {
      let facts = this.index.get(key);
      if (!facts) this.index.set(key, (facts = new Map<string, Fact>()));
      facts.set(text, known);
    }
  }

  delete(known: Fact): void {
    const text = factText(known);
    for (const key of keysOf(known)) this.index.get(key)?.delete(text);
  }

  /** Those of a predicate; of these, where one is given, those with that first term. */
  *of(predicate: string, first?: string): Generator<Fact, void, void> {
    const key = first === undefined ? predicate : `${predicate}(${first}`;
    yield* this.index.get(key)?.values() ?? [];
    if (this.base) yield* this.base.of(predicate, first);
  }

  /** The texts of those that may change, sorted: the same for the same set. */
  texts(): string[] {
    const texts: string[] = [];
    for (const [key, facts] of this.index) if (!key.includes('(')) for (const text of facts.keys()) texts.push(text);
    return texts.sort();
  }

  /** Another set of the same facts, over the same others. */
  copy(): Facts {
    const copy = new Facts([], this.base);
    for (const [key, facts] of this.index) copy.index.set(key, new Map(facts));
    return copy;
  }
}

function keysOf([predicate, ...terms]: Fact): readonly string[] {
  return terms.length === 0 ? [predicate] : [predicate, `${predicate}(${terms[0]}`];
}

import { checkArguments } from '@gradus/tensor';
import { arrayOf, tokenId } from '../checks.ts';
import { readPost } from './post.ts';
import { AND, END, fillers, names, objects, verbs } from './vocabulary.ts';

/** What each thing is worth that {@link judgeSummary} counts. */
const WORTH = {
  coverage: 3,
  irrelevant: -0.6,
  repeated: -0.6,
  foreignWords: -0.8,
  fillers: -0.4,
  ungrammatical: -0.3,
  tooLong: -0.08,
  unended: -1.5,
} as const;

/** What only a name and a verb are worth of a key clause. */
const WITHOUT_OBJECT = 0.4;

/** Tokens that a summary may have for nothing: two clauses and AND. */
const FREE_LENGTH = 7;

/** What there is to say of a summary. */
export interface Judgement {
  /** Part of the key clauses that are told, 0 to 1; one whose object is wrong or missing counts 0.4. */
  readonly coverage: number;
  /** Names with a verb behind them that are those of no key clause. */
  readonly irrelevant: number;
  /** Names with a verb behind them that were there before. */
  readonly repeated: number;
  /** Names, verbs and objects that the post does not have. */
  readonly foreignWords: number;
  readonly fillers: number;
  /** Pairs of neighbours, beginning and end among them, that the language does not have. */
  readonly ungrammatical: number;
  /** Tokens beyond seven, the one that ends it not counted. */
  readonly tooLong: number;
  /** 1 where nothing ends it. */
  readonly unended: number;
  /** How good it is: 3 coverage − 0.6 irrelevant − 0.6 repeated − 0.8 foreignWords − 0.4 fillers − 0.3 ungrammatical − 0.08 tooLong − 1.5 unended. */
  readonly gold: number;
}

type Kind = 'edge' | 'name' | 'verb' | 'object' | 'filler' | 'and' | 'other';

/** What may stand behind what: [filler] name verb object, and AND before another such clause. */
const FOLLOWERS: Readonly<Record<Kind, readonly Kind[]>> = {
  edge: ['name', 'filler'],
  filler: ['name'],
  name: ['verb'],
  verb: ['object'],
  object: ['and', 'edge'],
  and: ['name', 'filler'],
  other: [],
};

/**
 * The gold judge: the truth about a summary, which stands for the human beings who label pairs and compare models. What is trained must never know it: only what
 * makes labels and what evaluates may import this file, and the linter and a test see to that. What stands behind the end token is not looked at.
 * @throws RangeError where `prompt` is no post.
 */
export function judgeSummary(prompt: ArrayLike<number>, summary: ArrayLike<number>): Judgement {
  checkArguments('judgeSummary', { summary }, { summary: arrayOf('tokens', tokenId.accepts) });
  const clauses = readPost(prompt);
  const keys = clauses.filter(({ isKey }) => isKey);
  const written = Array.from(summary);
  const end = written.indexOf(END);
  const tokens = end === -1 ? written : written.slice(0, end);
  const kinds = tokens.map(kindOf);

  const told = new Map<string, number>();
  let [irrelevant, repeated] = [0, 0];
  for (let i = 0; i + 1 < tokens.length; i++) {
    if (kinds[i] !== 'name' || kinds[i + 1] !== 'verb') continue;
    const key = keys.find(({ name, verb }) => name === tokens[i] && verb === tokens[i + 1]);
    const statement = `${tokens[i]} ${tokens[i + 1]}`;
    if (key === undefined) irrelevant++;
    if (told.has(statement)) repeated++;
    const share = key === undefined ? 0 : key.object === tokens[i + 2] ? 1 : WITHOUT_OBJECT;
    told.set(statement, Math.max(share, told.get(statement) ?? 0));
  }

  const words = new Set(clauses.flatMap(({ name, verb, object }) => [name, verb, object]));
  const isForeign = (token: number, i: number): boolean =>
    ['name', 'verb', 'object'].includes(kinds[i]) && !words.has(token);
  const ends: readonly Kind[] = end === -1 ? [] : ['edge'];
  const neighbours: readonly Kind[] = ['edge', ...kinds, ...ends];

  const counts = {
    coverage: [...told.values()].reduce((sum, share) => sum + share, 0) / keys.length,
    irrelevant,
    repeated,
    foreignWords: tokens.filter(isForeign).length,
    fillers: kinds.filter((kind) => kind === 'filler').length,
    ungrammatical: neighbours.slice(1).filter((kind, i) => !FOLLOWERS[neighbours[i]].includes(kind)).length,
    tooLong: Math.max(0, tokens.length - FREE_LENGTH),
    unended: Number(end === -1),
  };
  const worth = Object.entries(counts).reduce(
    (sum, [name, count]) => sum + WORTH[name as keyof typeof WORTH] * count,
    0,
  );
  // All are hundredths: without the rounding error, what is worth the same is equal.
  return { ...counts, gold: Math.round(100 * worth) / 100 };
}

function kindOf(token: number): Kind {
  if (names.includes(token)) return 'name';
  if (verbs.includes(token)) return 'verb';
  if (objects.includes(token)) return 'object';
  if (fillers.includes(token)) return 'filler';
  return token === AND ? 'and' : 'other';
}

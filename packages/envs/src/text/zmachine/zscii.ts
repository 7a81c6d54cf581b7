import type { StoryFile } from './story-file.ts';
import { readWord } from './words.ts';

/** The characters of a story: ZSCII, which is ASCII and up to 97 more, and the alphabets that texts are packed with (Standard 1.1, §3). */
export interface Characters {
  /** What a code prints, empty for codes that print nothing. */
  readonly fromZscii: readonly string[];
  readonly toZscii: ReadonlyMap<string, number>;
  /** ZSCII codes of three alphabets of 26 characters. In the last one the first is an escape and the second a new line. */
  readonly alphabets: readonly (readonly number[])[];
  /** The characters of five bits that each ZSCII code is packed into. */
  readonly packed: readonly (readonly number[])[];
}

const NEW_LINE = 13;
const FIRST_EXTRA = 155;
const QUESTION_MARK = 63;

/** Table 1 of the Standard: what codes from 155 on are where a story does not say otherwise. */
const extraCharacters = 'äöüÄÖÜß»«ëïÿËÏáéíóúýÁÉÍÓÚÝàèìòùÀÈÌÒÙâêîôûÂÊÎÔÛåÅøØãñõÃÑÕæÆçÇþðÞÐ£œŒ¡¿';

const standardAlphabets = 'abcdefghijklmnopqrstuvwxyz' + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' + ' \r0123456789.,!?_#\'"/\\-:()';

export function readCharacters({ bytes, alphabet, unicode }: StoryFile): Characters {
  const fromZscii = new Array<string>(1024).fill('');
  fromZscii[NEW_LINE] = '\n';
  for (let code = 32; code < 127; code++) fromZscii[code] = String.fromCharCode(code);
  const extra =
    unicode === 0
      ? Array.from(extraCharacters)
      : Array.from({ length: bytes[unicode] }, (_, i) => String.fromCharCode(readWord(bytes, unicode + 1 + 2 * i)));
  extra.forEach((character, i) => (fromZscii[FIRST_EXTRA + i] = character));
  const codes = Array.from({ length: 78 }, (_, i) =>
    alphabet === 0 ? standardAlphabets.charCodeAt(i) : bytes[alphabet + i],
  );
  codes[53] = NEW_LINE;
  const alphabets = [codes.slice(0, 26), codes.slice(26, 52), codes.slice(52)];
  return {
    fromZscii,
    toZscii: new Map(
      fromZscii.map((character, code) => [character, code] as const).filter(([character]) => character !== ''),
    ),
    alphabets,
    packed: fromZscii.map((_, code) => packCode(alphabets, code)),
  };
}

/** The first two characters of the last alphabet are none: what stands there means something else. */
function packCode(alphabets: readonly (readonly number[])[], code: number): number[] {
  if (code === 32) return [0];
  const alphabet = alphabets.findIndex((letters, i) => letters.includes(code, i === 2 ? 2 : 0));
  if (alphabet < 0) return [5, 6, code >> 5, code & 31];
  const character = 6 + alphabets[alphabet].indexOf(code, alphabet === 2 ? 2 : 0);
  return alphabet > 0 ? [3 + alphabet, character] : [character];
}

/** The codes of a text, those of question marks for characters that there are none for. */
export function zsciiOf({ toZscii }: Characters, text: string): number[] {
  const codes: number[] = [];
  for (const character of text) codes.push(toZscii.get(character) ?? QUESTION_MARK);
  return codes;
}

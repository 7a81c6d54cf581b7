/**
 * GPT-2's alphabet (Radford et al., 2019): a printable character for each byte, itself where it is one, so that any text can be written in symbols that a file
 * of JSON holds.
 */
const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/** The character of each byte. */
export const byteCharacters: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (isPrintable(byte)) return String.fromCharCode(byte);
  const before = Array.from({ length: byte }, (__, other) => other).filter((other) => !isPrintable(other)).length;
  return String.fromCharCode(256 + before);
});

const bytesOfCharacters: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

/** A text's bytes in UTF-8, as characters of the alphabet. */
export function toByteCharacters(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byteCharacters[byte]).join('');
}

/** The bytes that characters of the alphabet stand for; undefined where one is none. */
export function fromByteCharacters(characters: string): number[] | undefined {
  const bytes = Array.from(characters, (character) => bytesOfCharacters.get(character));
  return bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}

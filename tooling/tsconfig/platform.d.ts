// The globals that every platform has, beyond the language itself. Sources are compiled against these alone, so that what
// only Node or only browsers have is a compile error in a package that is meant to run on both.

declare const console: Record<'log' | 'warn' | 'error', (...values: unknown[]) => void>;

declare const performance: { now(): number };

/** Characters that stand for the bytes of a text in base64; throws for another text. */
declare function atob(text: string): string;

declare function setTimeout(callback: (...values: never[]) => void, milliseconds?: number): unknown;

interface TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare const TextEncoder: new () => TextEncoder;

interface TextDecoder {
  decode(bytes: ArrayBufferView | ArrayBuffer): string;
}
declare const TextDecoder: new (encoding?: 'utf-8', options?: { readonly fatal?: boolean }) => TextDecoder;

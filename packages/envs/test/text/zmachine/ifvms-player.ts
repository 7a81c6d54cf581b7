import { ZVM } from 'ifvms';

/** A box for what a function of Glk gives back. */
class Box {
  value = 0;
  get_value(): number {
    return this.value;
  }
  set_value(value: number): void {
    this.value = value;
  }
}

class Fields {
  private fields: unknown[] = [];
  push_field(value: unknown): void {
    this.fields.push(value);
  }
  get_field(index: number): unknown {
    return this.fields[index];
  }
  set(...fields: unknown[]): void {
    this.fields = fields;
  }
}

const LINE_EVENT = 3;
const KEY_EVENT = 2;

/** Plays a story with ifvms in this process: through an interface of its own (Glk) with one window for text, one grid, and one file that games are saved in. */
export class IfvmsPlayer {
  private readonly vm = new ZVM();
  private readonly main = { name: 'main' };
  private target: object = this.main;
  private text = '';
  private request: { readonly kind: 'line' | 'key'; readonly buffer: number[] } = { kind: 'line', buffer: [] };
  private event: Fields | undefined;
  private asksForFile = false;
  private file: { readonly bytes: number[]; position: number } = { bytes: [], position: 0 };

  /** `random`: where random numbers come from, as the instruction has it. */
  constructor(story: Uint8Array, random: (range: number) => number) {
    const { vm } = this;
    vm.prepare(new Uint8Array(story), { Glk: this.glk() });
    vm.start();
    vm.random = random;
    this.answerFileRequests();
  }

  get hasQuit(): boolean {
    return this.vm.quit === 1;
  }

  get wantsKey(): boolean {
    return this.request.kind === 'key';
  }

  get memory(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.vm.m;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  enter(input: string): void {
    const { kind, buffer } = this.request;
    if (kind === 'line') {
      const codes = Array.from(input, (character) => character.charCodeAt(0)).slice(0, buffer.length);
      codes.forEach((code, i) => (buffer[i] = code));
      this.event?.set(LINE_EVENT, this.main, codes.length, 13);
    } else {
      const RETURN = 0xfffffffa;
      this.event?.set(KEY_EVENT, this.main, input === '' ? RETURN : input.charCodeAt(0));
    }
    this.vm.resume();
    this.answerFileRequests();
  }

  /** Saving and restoring ask for a file: there is one. */
  private answerFileRequests(): void {
    while (this.asksForFile) {
      this.asksForFile = false;
      this.vm.resume({});
    }
  }

  private glk(): object {
    const write = (target: object, text: string): void => {
      if (target === this.main) this.text += text.replaceAll('\r', '\n');
    };
    const known: Record<string, unknown> = {
      RefBox: Box,
      RefStruct: Fields,
      fatal_error: (error: Error) => {
        throw error;
      },
      glk_gestalt: () => 0,
      glk_window_open: (_split: unknown, _method: number, _size: number, type: number) =>
        type === 3 ? this.main : { name: 'grid' },
      glk_window_get_size: (_window: unknown, width: Box | 0, height: Box | 0) => {
        if (width !== 0) width.value = 80;
        if (height !== 0) height.value = 25;
      },
      glk_window_get_stream: (window: object) => window,
      glk_set_window: (window: object) => (this.target = window),
      glk_put_jstring: (text: string) => write(this.target, text),
      glk_put_jstring_stream: (stream: object, text: string) => write(stream, text),
      glk_request_line_event_uni: (_window: object, buffer: number[]) => (this.request = { kind: 'line', buffer }),
      glk_request_char_event_uni: () => (this.request = { kind: 'key', buffer: [] }),
      glk_select: (event: Fields) => (this.event = event),
      glk_fileref_create_by_prompt: () => (this.asksForFile = true),
      glk_stream_open_file: (_file: object, mode: number) => {
        const READ = 2;
        this.file = { bytes: mode === READ ? this.file.bytes : [], position: 0 };
        return mode === READ && this.file.bytes.length === 0 ? undefined : this.file;
      },
      // Transcripts and lists of commands, of which nothing is kept.
      glk_stream_open_file_uni: () => ({ name: 'transcript' }),
      glk_put_buffer_stream: (_stream: object, bytes: Uint8Array) => this.file.bytes.push(...new Uint8Array(bytes)),
      glk_get_buffer_stream: (_stream: object, buffer: number[]) => {
        const bytes = this.file.bytes.slice(this.file.position, this.file.position + buffer.length);
        bytes.forEach((byte, i) => (buffer[i] = byte));
        this.file.position += bytes.length;
        return bytes.length;
      },
    };
    // Whatever else it calls does nothing.
    return new Proxy(known, { get: (target, name: string) => target[name] ?? (() => undefined) });
  }
}

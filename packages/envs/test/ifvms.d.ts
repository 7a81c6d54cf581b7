declare module 'ifvms' {
  /** The Z-machine of ifvms, as far as tests drive it. */
  export class ZVM {
    quit?: number;
    random: (range: number) => number;
    readonly m: DataView;
    prepare(story: Uint8Array, options: { readonly Glk: object }): void;
    start(): void;
    resume(argument?: unknown): void;
  }
}

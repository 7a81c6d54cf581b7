/** What the worker tells of a program that it runs. */
export type PlaygroundReport =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'plot'; readonly label: string; readonly x: number; readonly y: number }
  | { readonly kind: 'error'; readonly message: string; readonly line: number | undefined }
  | { readonly kind: 'done' };

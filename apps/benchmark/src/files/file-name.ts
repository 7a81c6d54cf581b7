/** Any text, such as an environment's id, as the name of a file or folder. */
export function fileName(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '_');
}

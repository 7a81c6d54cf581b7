import 'katex/dist/katex.min.css';
import type { Theme } from 'vitepress';
// Without the fonts that the default theme brings: what the reader's system has is there at once.
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

export default { extends: DefaultTheme } satisfies Theme;

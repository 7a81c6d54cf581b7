import 'katex/dist/katex.min.css';
import type { Theme } from 'vitepress';
// Without the fonts that the default theme brings: what the reader's system has is there at once.
import DefaultTheme from 'vitepress/theme-without-fonts';
import { defineAsyncComponent, type Component } from 'vue';
import './style.css';

/** Pages without a demo load nothing of it. */
const Demo = defineAsyncComponent(() => import('../../components/live-demo.vue') as Promise<{ default: Component }>);

const Playground = defineAsyncComponent(
  () => import('../../components/code-playground.vue') as Promise<{ default: Component }>,
);

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('Demo', Demo);
    app.component('Playground', Playground);
  },
} satisfies Theme;

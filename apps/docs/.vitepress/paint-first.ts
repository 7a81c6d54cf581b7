/**
 * Runs in the page before its body is read. A reader sees text before the page's scripts are asked for; until then the page is `unpainted`
 * (`theme/style.css`).
 */
const inPage = (preloads: readonly string[], scripts: readonly string[]): string => `(() => {
  const { classList } = document.documentElement;
  classList.add('unpainted');
  let hasBegun = false;
  const begin = async () => {
    if (hasBegun) return;
    hasBegun = true;
    classList.remove('unpainted');
    for (const href of ${JSON.stringify(preloads)}) {
      document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
    }
    for (const script of ${JSON.stringify(scripts)}) await import(script);
  };
  addEventListener('DOMContentLoaded', () => {
    // What is hidden paints nothing, and not every browser tells.
    setTimeout(begin, 2000);
    new PerformanceObserver(begin).observe({ type: 'paint', buffered: true });
  });
})();`;

const SCRIPT = /<script type="module" src="([^"]*)"><\/script>\s*/g;
const PRELOAD = /<link rel="modulepreload" href="([^"]*)">\s*/g;
/** The second has the icons of social links and groups of code, and is empty without any. */
const STYLES = /<link rel="preload stylesheet" href="[^"]*" as="style">\s*/g;

/** A page as VitePress wrote it, with its first paint before its scripts. */
export function paintFirst(html: string): string {
  const [styles, icons] = [...html.matchAll(STYLES)].map(([link]) => link);
  const scripts = [...html.matchAll(SCRIPT)].map(([, url]) => url);
  const preloads = [...html.matchAll(PRELOAD)].map(([, url]) => url);
  if (scripts.length !== 2 || !icons?.includes('vp-icons.css'))
    throw new Error('VitePress writes other heads of pages');
  return (
    html
      .replaceAll(SCRIPT, '')
      .replaceAll(PRELOAD, '')
      .replaceAll(STYLES, '')
      // Styles after the inline scripts, which would wait for them, and the body's text with them.
      .replace('</head>', () => `<script>${inPage(preloads, scripts)}</script>\n    ${styles}</head>`)
  );
}

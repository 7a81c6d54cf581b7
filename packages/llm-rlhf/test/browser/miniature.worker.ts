import { trainMiniature } from './train-miniature.ts';

addEventListener('message', () => {
  void trainMiniature().then(
    (trained) => postMessage(trained),
    (error: unknown) => postMessage({ error: String(error) }),
  );
});

import { Readable } from "node:stream";
import { type Observable, Subscription } from "rxjs";

/**
 * Makes of what happens a text that its reader takes at a pace of its own. What waits for a slow one is the
 * caller's to bound: `readableLength` tells how much it is.
 *
 * The source is subscribed to at once, and left when the reader goes. Its error ends the text as its end does:
 * whoever runs the source tells of it.
 *
 * @param take Told each item and the text to push it to, or to destroy.
 */
export function growingText<T>(
  source: Observable<T>,
  take: (item: T, text: Readable) => void,
): Readable {
  // There before the source is: one that speaks while it is subscribed to may have the text destroyed.
  const subscription = new Subscription();
  const text = new Readable({
    read: () => undefined,
    destroy(error, done) {
      subscription.unsubscribe();
      done(error);
    },
  });
  const end = (): void => {
    if (!text.destroyed) text.push(null);
  };
  subscription.add(
    source.subscribe({
      next(item) {
        if (!text.destroyed) take(item, text);
      },
      error: end,
      complete: end,
    }),
  );
  return text;
}

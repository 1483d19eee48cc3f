/** How the line to the server is. */
export type LineState =
  /** `again` where the last try failed. */
  | { readonly kind: "connecting"; readonly again: boolean }
  | { readonly kind: "open" }
  /** Broken; tried again at `retryAt`, in ms of the page's clock. */
  | { readonly kind: "lost"; readonly retryAt: number; readonly reason: string };

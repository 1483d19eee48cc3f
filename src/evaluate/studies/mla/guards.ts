import type { HeadGuardConfig } from "../../../models/mla/config.ts";

/** The forms of head gradient modification that are compared, by the names of their variants. */
export const GUARDS: readonly { readonly name: string; readonly guard: HeadGuardConfig }[] = [
  { name: "hgm-paper", guard: { kind: "paper", alpha: 0.1 } },
  { name: "hgm-leaky", guard: { kind: "leaky", alpha: 0.1, leak: 0.1 } },
  { name: "hgm-stream", guard: { kind: "stream", alpha: 0.1, meanDecay: 0.9 } },
];

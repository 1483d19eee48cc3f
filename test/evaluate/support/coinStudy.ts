import { ConfigError } from "../../../src/errors.ts";
import type { Study, Trial } from "../../../src/evaluate/Study.ts";

/** A study that is done in no time and whose figures can be told in advance. */
export const study: Study = {
  name: "coin",
  sets: ["synthetic"],
  about: () => "Whether a coin falls on its head.",
  headlines: () => [
    { says: "right, told by left", metric: "heads/left->right", against: ["fixed", "patience"] },
    { says: "never measured", metric: "heads/neither", against: [] },
  ],
  trials: (): readonly Trial[] => [
    {
      variant: "",
      summary: "the coin itself",
      config: { sides: 2 },
      run: async ({ seed, progress }) => {
        progress("thrown");
        return { "heads/left->right": seed / 10, "heads/both@wind": 0.5 };
      },
    },
    {
      variant: "fixed",
      summary: "always the same",
      seeded: false,
      config: {},
      run: async () => ({ "heads/left->right": 1 }),
    },
    {
      variant: "patience",
      summary: "thrown a million times",
      onRequest: true,
      seeded: false,
      config: {},
      run: async () => ({ "heads/left->right": 0.5 }),
    },
    {
      variant: "lost",
      summary: "rolls under the table",
      config: {},
      run: async ({ seed }) => {
        if (seed === 2) throw new ConfigError("coin", "expected a coin, got none");
        return { "heads/left->right": 0 };
      },
    },
  ],
};

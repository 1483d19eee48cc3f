import { actionTruth } from "../../sensors/actionClips.ts";
import { assetUrl, counted, demoFeed, modulePath } from "../../src/index.ts";
import { drawnTruth } from "./generate/drawnBody.ts";

/** Actions drawn unless told how many: four times each. */
const DRAWN = 24;

/**
 * Opens what the pipeline is to run on: a drawn figure's actions (as in the demo), or clips of UTD-MHAD.
 */
export const openFeed = demoFeed({
  pipeline: "body-actions",
  streams: ["inertial", "skeleton", "depth"],
  demo: assetUrl(import.meta.url, "./demo/recording.mcap"),
  live: "expected a recording or a data set: a depth camera with a skeleton tracker speaks for itself (docs/wire.md)",
  generated: {
    generated({ count: actions = DRAWN, seed }) {
      const kind = modulePath(import.meta.url, "./generate/drawnBody");
      return {
        name: `drawn figure, ${counted(actions, "action")}`,
        ...drawnTruth({ actions, seed }),
        sensors: { kind, options: { actions, seed } },
      };
    },
  },
  async dataSet({ directory, split, seed, count }) {
    const set = { directory, split, seed };
    const { clips, ...truth } = await actionTruth({ ...set, clips: count });
    return {
      name: `UTD-MHAD ${split}, ${counted(clips, "clip")}`,
      ...truth,
      sensors: { kind: "actionClips", options: { ...set, clips } },
    };
  },
});

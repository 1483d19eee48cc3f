import { ModelError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import type { Examples } from "../Examples.ts";

/** The sensor groups of phone and watch, in the order of the mask's columns. */
export const EXTRA_SENSORY_GROUPS = [
  "phone_acc",
  "phone_gyro",
  "phone_magnet",
  "watch_acc",
  "watch_compass",
  "location",
  "audio",
  "phone_state",
] as const;

/** One of the sensor groups. */
export type ExtraSensoryGroup = (typeof EXTRA_SENSORY_GROUPS)[number];

/** Minutes of everyday life, each with the sensors that happened to work. */
export interface ExtraSensory extends Examples {
  /** [count] activity, or −1 where the person reported none. */
  readonly labels: Int32Array;
  /**
   * Per group [count, width]: robustly standardised values, 0 where one is missing. A group in which
   * single values go missing while others are there (location, phone state) is twice as wide: its
   * second half is 1 where the value is missing, so that a 0 is never mistaken for a reading.
   */
  readonly inputs: Readonly<Record<ExtraSensoryGroup, HostTensor<"float32">>>;
  /** Per group [count] 1 where it gave at least one value in that minute. */
  readonly present: Readonly<Record<ExtraSensoryGroup, Float32Array>>;
  /** [count] the person. */
  readonly groups: Int32Array;
  /** [count] minutes since the person's first record; ascending within a person. */
  readonly minutes: Float32Array;
}

/** What stands for a missing value in the stored arrays, and how many steps make one deviation. */
const MISSING = -128;
const STEPS = 16;

/** Groups whose single values go missing. */
const PATCHY: readonly ExtraSensoryGroup[] = ["location", "phone_state"];

/**
 * ExtraSensory: six activities from eight groups of phone and watch sensors, naturally missing.
 *
 * Rows are in the order of the files: by person, then by time.
 *
 * @throws {ModelError} If the arrays are not there or do not belong together.
 */
export async function readExtraSensory(data: DataSet, split: string): Promise<ExtraSensory> {
  const numbers = async (content: string): Promise<Int32Array> =>
    Int32Array.from((await data.array(`${content}_${split}`)).data);
  const labels = await numbers("activity");
  const mask = await numbers("mask");
  const count = labels.length;
  if (mask.length !== count * EXTRA_SENSORY_GROUPS.length)
    throw new ModelError(
      "readExtraSensory",
      `expected a mask of ${count} x ${EXTRA_SENSORY_GROUPS.length} in ${split}, got ${mask.length}`,
    );
  const groupEntries = await Promise.all(
    EXTRA_SENSORY_GROUPS.map(
      async (group) => [group, await readGroup(data, group, split, count)] as const,
    ),
  );
  const presentEntries = EXTRA_SENSORY_GROUPS.map(
    (group, column) =>
      [
        group,
        Float32Array.from({ length: count }, (_, row) =>
          (mask[row * EXTRA_SENSORY_GROUPS.length + column] ?? 0) > 0 ? 1 : 0,
        ),
      ] as const,
  );
  const activities = data.meta["activity_names"];
  return {
    count,
    classes: Array.isArray(activities) ? activities.length : 6,
    labels,
    // Both lists are maps over all groups.
    inputs: Object.fromEntries(groupEntries) as ExtraSensory["inputs"],
    present: Object.fromEntries(presentEntries) as ExtraSensory["present"],
    groups: await numbers("user"),
    minutes: Float32Array.from((await data.array(`minute_${split}`)).data),
  };
}

async function readGroup(
  data: DataSet,
  group: ExtraSensoryGroup,
  split: string,
  count: number,
): Promise<HostTensor<"float32">> {
  const { data: stored, shape } = await data.array(`x_${group}_${split}`);
  const [rows = 0, values = 0] = shape;
  if (rows !== count)
    throw new ModelError("readExtraSensory", `expected ${count} rows of ${group}, got ${rows}`);
  const width = PATCHY.includes(group) ? 2 * values : values;
  const decoded = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < values; i++) {
      const value = stored[row * values + i] ?? MISSING;
      if (value !== MISSING) decoded[row * width + i] = value / STEPS;
      else if (width > values) decoded[row * width + values + i] = 1;
    }
  return hostTensor(decoded, [rows, width]);
}

/** What a sensor's process tells the one that supervises it, over Node's own channel between the two. */
export type SensorReport =
  /** The pipeline has answered; frames begin to flow. */
  | { readonly state: "live"; readonly epoch: number }
  /** The frames ended by themselves. */
  | { readonly state: "ended" }
  /** It cannot go on. `permanent` where trying again cannot help: it was told something impossible. */
  | { readonly state: "failed"; readonly reason: string; readonly permanent: boolean };

/** Whether a message is such a report. */
export function isSensorReport(message: unknown): message is SensorReport {
  return typeof message === "object" && message !== null && "state" in message;
}

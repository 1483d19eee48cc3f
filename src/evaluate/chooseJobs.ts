/** What trials share. */
export interface SharedMachine {
  readonly cores: number;
  readonly memoryMiB: number;
  /** Threads that one trial computes with. */
  readonly threads: number;
}

/** What the largest trials took at their peak, with room to spare. */
const TRIAL_MIB = 1500;

/** How many trials at a time a machine has cores and memory for; one at least. */
export function chooseJobs({ cores, memoryMiB, threads }: SharedMachine): number {
  return Math.max(1, Math.min(Math.floor(cores / threads), Math.floor(memoryMiB / TRIAL_MIB)));
}

import { seconds } from "../units.ts";

/**
 * When a run as fast as it goes, or something replayed, begins where nobody says: any instant does, and a fixed one
 * makes two of them byte-identical.
 */
export const DRIVEN_START = seconds(1_767_225_600);

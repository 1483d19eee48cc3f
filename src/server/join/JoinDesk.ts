import type { Clock } from "../../clock/Clock.ts";
import type { StreamDescription } from "../../frames/StreamDescription.ts";
import type { Outlet } from "../../wire/Outlet.ts";
import type { JoinOffer } from "./joinOffers.ts";

/** What pages that sense are let in to. */
export interface JoinDesk {
  readonly pipeline: string;
  readonly summary: string;
  /** What a page may lend. */
  readonly offers: readonly JoinOffer[];
  /** The pipeline's clock. */
  readonly clock: Clock;
  /** What a page must show to be let in: long and random. */
  readonly token: string;
  /** Folder of the built page; found by itself unless given. */
  readonly page?: string;
  /**
   * Opens the way into the pipeline for one stream that a page feeds.
   *
   * @param epoch Boot id of the publisher that the page becomes.
   */
  open(description: StreamDescription, epoch: number): Promise<Outlet>;
}

import type { JoinStream } from "../../../../src/server/joinProtocol.ts";
import type { JoinLink } from "../link/JoinLink.ts";

/** What a source draws of itself: how loud it is, or what it sees. */
export interface Preview {
  /** 0..1. */
  readonly level?: number;
  readonly picture?: ImageData;
}

/** What a running source tells. */
export interface SourceNews {
  /** Frames sent so far. */
  readonly frames: number;
  readonly preview?: Preview;
}

/** What a source runs on. */
export interface SourceContext {
  readonly stream: JoinStream;
  readonly link: JoinLink;
  /** Where a source that a person works on puts itself: the drawing pad. */
  readonly stage: HTMLElement;
  readonly onNews: (news: SourceNews) => void;
  /** Something went wrong, in words; the source has stopped. */
  readonly onEnd: (problem: string) => void;
}

/** A sense that this device may have. */
export interface SourceKind {
  readonly name: string;
  /** What a person is asked to lend. */
  readonly title: string;
  /** Whether it can feed a stream, by what the stream is. */
  fits(stream: JoinStream): boolean;
  /** Starts it. @returns What stops it. @throws What the browser says, where it is not allowed. */
  start(context: SourceContext): Promise<() => void>;
}

/** Sound: 16 kHz mono, 16 bits. */
export const SAMPLE_RATE = 16_000;
/** Pictures of the mouth: 25 a second, u8 grey, row by row from the top. */
export const MOUTH_ROWS = 20;
export const MOUTH_COLUMNS = 28;
export const MOUTH_PIXELS = MOUTH_ROWS * MOUTH_COLUMNS;
/** One row of the grid: one picture, and the sound between two. */
export const ROW_MS = 40;
export const ROW_SAMPLES = (SAMPLE_RATE * ROW_MS) / 1_000;

/** One word and when it was said. */
export interface SpokenWord {
  /** One of `VOCABULARY`, never silence. */
  readonly label: string;
  /** The slot it fills. */
  readonly slot: string;
  /** From `fromMs` up to, not including, `toMs`, from the start of the clip. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** One sentence, heard and seen, with the truth about it. Sound and pictures start together. */
export interface SpeechClip {
  /** Unique and stable: `grid/train/12`. */
  readonly name: string;
  /** Whose voice and mouth. */
  readonly speaker: string;
  /** [16 · durationMs] PCM; sample i happened at i / 16 ms. */
  readonly pcm: Int16Array;
  /** [durationMs / 40, 20, 28] u8 grey; picture k was taken at 40 k ms. */
  readonly mouth: Uint8Array;
  /** Ascending and apart; between them, silence. */
  readonly words: readonly SpokenWord[];
  /** A multiple of 40. */
  readonly durationMs: number;
}

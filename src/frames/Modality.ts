/** What a stream senses. Everything that is neither heard, seen nor read is a `sensor`. */
export type Modality = "audio" | "video" | "text" | "sensor";

/** All modalities, in the order they are shown. */
export const MODALITIES: readonly Modality[] = ["audio", "video", "text", "sensor"];

import { assetUrl, millis } from "../../src/index.ts";
import { talkingFace } from "./talkingFace.ts";

/** Spoken commands, each instant answered 120 ms later. */
export default talkingFace({
  name: "talking-face",
  summary:
    "Six-word commands, heard and lip-read; goes on by ear or by lips when the other is gone.",
  lookAhead: millis(120),
  weights: assetUrl(import.meta.url, "./weights/talking-face.safetensors"),
});

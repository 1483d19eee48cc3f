import { camera } from "./camera.ts";
import { microphone } from "./microphone.ts";
import { motion } from "./motion.ts";
import { pad } from "./pad.ts";
import { pen } from "./pen.ts";
import type { SourceKind } from "./Source.ts";
import { words } from "./words.ts";

/** Every sense this page can lend, in the order in which they are offered. */
export const SOURCE_KINDS: readonly SourceKind[] = [microphone, camera, pen, pad, motion, words];

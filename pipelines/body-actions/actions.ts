/** What the model says between two actions. */
export const STILL = "still";

/** The actions of UTD-MHAD, as the set names them. */
export const ACTIONS = [
  "swipe left",
  "swipe right",
  "wave",
  "clap",
  "throw",
  "arm cross",
  "basketball shoot",
  "draw x",
  "draw circle clockwise",
  "draw circle counter clockwise",
  "draw triangle",
  "bowling",
  "boxing",
  "baseball swing",
  "tennis swing",
  "arm curl",
  "tennis serve",
  "push",
  "knock",
  "catch",
  "pickup and throw",
  "jog",
  "walk",
  "sit to stand",
  "stand to sit",
  "lunge",
  "squat",
] as const;

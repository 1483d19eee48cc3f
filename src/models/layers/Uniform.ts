/** A seeded source of numbers in [0, 1): all the randomness that initialisation needs. */
export type Uniform = () => number;

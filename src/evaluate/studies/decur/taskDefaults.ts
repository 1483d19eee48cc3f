/** Sizes of the projector that all sets share. */
export const PROJECTOR = { hidden: 256, depth: 1, dimensions: 128, isShared: false } as const;

/** K_c: three quarters, as the paper has it for RGB with depth. */
export const COMMON = 96;

/**
 * λ: ten times the published one. At K = 128 there are 64 times fewer entries off the diagonal than at
 * 8192, and the published weight leaves them without a say.
 */
export const LAMBDA = 0.05;

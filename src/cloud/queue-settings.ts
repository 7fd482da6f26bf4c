/** How infra/aws sets the queue; a test compares. */

/** Longer than the worker's own time-out (180 s): nobody else gets a job while its worker may still be at it. */
export const VISIBILITY_SECONDS = 240;

/** Failed attempts until a job is a dead letter. The queue delivers twice more: once since a killed last attempt told nobody, once to tell it. */
export const MAX_ATTEMPTS = 4;

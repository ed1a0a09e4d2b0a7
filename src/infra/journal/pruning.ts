import type { World } from '../world.js';
import type { AnswerStore } from './answer-store.js';

/** Milliseconds between two looks for answers that are too old. */
export const PRUNED_EVERY = 60 * 60 * 1000;

/**
 * Lets go of answers that are too old, now and every hour. One that could not be deleted goes the next time; it is not found
 * meanwhile either.
 *
 * @returns ends it
 */
export function pruning(answers: AnswerStore, { now }: World): () => void {
  const prune = (): void => void answers.prune(now().getTime()).catch(() => undefined);
  prune();
  const timer = setInterval(prune, PRUNED_EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs many pieces of work at the same time, but not too many: an API server gives one client few seats. */

/** Runs every job, `most` at a time, and gives the results in the order of the jobs. The first rejection rejects all. */
export async function runLimited<T>(most: number, jobs: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index];
      if (job !== undefined) results[index] = await job();
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, jobs.length) }, worker));
  return results;
}

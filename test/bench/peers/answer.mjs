/**
 * Does one job after another for the benchmark, and answers each with its result or its error.
 *
 * @template J, R
 * @param {(job: J) => Promise<R>} work
 */
export function answerJobs(work) {
  process.on('message', (job) => {
    work(job).then(
      (result) => process.send?.({ result }),
      (error) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

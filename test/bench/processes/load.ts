/** The load generator: does the jobs that its parent sends, one at a time. */
import { drive } from '../load/drive.ts'
import type { Job } from '../load/job.ts'

process.on('message', (job: Job) => {
  void drive(job).then((reply) => process.send?.(reply))
})

// Its parent is gone, in the middle of a job perhaps.
process.on('disconnect', () => process.exit(1))

import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Processor time and memory can be read of another process here; elsewhere those measures are left out. */
export const usageIsReadable = process.platform === 'linux'

/** The scheduler's own sums, exact to the nanosecond; a kernel can be built without them. */
const timesAreExact = existsSync('/proc/self/schedstat')

/** The unit of `/proc/<pid>/stat`: 1/100 s in user space, whatever the kernel's own clock. */
const MICROSECONDS_PER_TICK = 10_000

/** Processor time of the process and its living descendants since their start, user and system, in microseconds. */
export const cpuMicroseconds = (pid: number): number => sumOverTree(pid, timesAreExact ? exactTime : tickedTime)

const exactTime = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const nanoseconds = read(`/proc/${pid}/task/${thread}/schedstat`).split(' ', 1)[0]
    return sum + Number(nanoseconds) / 1000
  }, 0)

function tickedTime(pid: number): number {
  // The second field, the name in parentheses, may itself hold blanks and parentheses.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}

/** Resident memory of the process and its living descendants in bytes. */
export const residentBytes = (pid: number): number =>
  sumOverTree(pid, (id) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${id}/status`))?.[1] ?? 0) * 1024)

function sumOverTree(pid: number, measure: (pid: number) => number): number {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + sumOverTree(Number(child), measure), measure(pid))
}

/** Nothing for a thread or a child that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

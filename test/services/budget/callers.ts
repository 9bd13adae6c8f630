import type { LeaseTimes } from '../../../core/services/budget/lease.ts'

/** More than any call of these tests costs. */
export const WORST_NANO = 1_000_000
/** Calls that each process has running. */
export const LANES = 12
/** Long enough for a process on a busy machine to show that it lives. */
export const SHORT_LEASE: LeaseTimes = { renewMs: 250, leaseMs: 3_000, graceMs: 1_500 }

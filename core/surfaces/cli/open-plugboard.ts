import { createPlugboard, type PlugboardOptions } from '../../create-plugboard.ts'
import type { Plugboard } from '../../plugboard.ts'
import type { CommonOptions } from './options.ts'

/**
 * The kernel inside this process, on the same data folder as the gateway; it looks once and does not watch, and leaves
 * webhooks to the gateway.
 */
export const openPlugboard = ({ plugins }: CommonOptions, options: PlugboardOptions = {}): Promise<Plugboard> =>
  createPlugboard({ plugins, watch: false, deliverWebhooks: false, logLevel: 'error', ...options })

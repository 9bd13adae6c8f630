import { createPlugboard, homeFolder, type PlugboardOptions } from '../../create-plugboard.ts'
import type { Plugboard } from '../../plugboard.ts'
import type { CommonOptions } from './options.ts'

/**
 * The kernel inside this process, on the same data folder as the gateway; it looks once and does not watch, and leaves
 * webhooks to the gateway.
 */
export const openPlugboard = (
  { plugins }: Pick<CommonOptions, 'plugins'>,
  options: PlugboardOptions = {},
): Promise<Plugboard> =>
  createPlugboard({ plugins, watch: false, deliverWebhooks: false, logLevel: 'error', ...options })

/** The data folder of a kernel that is opened so. */
export const dataFolder = (): string => homeFolder(process.env)

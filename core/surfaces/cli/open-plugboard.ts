import { createPlugboard, homeFolder, type PlugboardOptions } from '../../create-plugboard.ts'
import type { Plugboard } from '../../plugboard.ts'
import type { CommonOptions } from './options.ts'

/** The kernel inside this process, on the same data folder as the gateway; it looks once and does not watch. */
export const openPlugboard = (
  { plugins }: Pick<CommonOptions, 'plugins'>,
  options: PlugboardOptions = {},
): Promise<Plugboard> => createPlugboard({ plugins, watch: false, logLevel: 'error', ...options })

/** The data folder of a kernel that is opened so. */
export const dataFolder = (): string => homeFolder(process.env)

import type { Warning } from '../../messages.ts'

export type Warn = (warning: Warning) => void

export const unsupported = (feature: string, message: string): Warning => ({ type: 'unsupported', feature, message })

export const compatibility = (feature: string, message: string): Warning => ({
  type: 'compatibility',
  feature,
  message,
})

export const refused = (name: string): Warning =>
  unsupported(name, `This model does not take "${name}"; it was left out.`)

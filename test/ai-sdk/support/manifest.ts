import type { Files } from '../../fixtures-plugins.ts'

export interface PackageProvider {
  readonly package: string
  readonly export: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly namespace?: string
}

/** A drop-in folder that holds nothing but a manifest, which names a package of the AI SDK. */
export const packagePlugin = (
  id: string,
  options: PackageProvider,
  provider: Readonly<Record<string, unknown>> = {},
  changes: Readonly<Record<string, unknown>> = {},
): Files => ({
  'plugboard.json': {
    manifest: 1,
    id,
    name: id,
    version: '1.0.0',
    main: '@plugboard/plugins/ai-sdk',
    engines: { plugboard: '^0.1.0' },
    contributes: { providers: [{ id, auth: { type: 'bearer' }, models: [{ id: 'm' }], options, ...provider }] },
    ...changes,
  },
})

import { PlugboardError, type PlugboardErrorOptions } from '@plugboard/sdk'

/**
 * Every failure the kernel reports: its code and the next step for whoever reads it. The message is written where it
 * happens, because only there are the names known.
 */
const NEXT_STEP = {
  MANIFEST_MISSING: 'Put a plugboard.json into the folder, or a "plugboard" field into its package.json.',
  MANIFEST_UNREADABLE: 'Correct the JSON at the place named.',
  MANIFEST_INVALID: 'Correct the fields named; the schema is @plugboard/sdk/schema/manifest.v1.json.',
  MANIFEST_ID_MISMATCH: 'Give the folder and the "id" in plugboard.json the same name.',
  ENGINE_UNSUPPORTED: 'Install a version of the plugin made for this host, or update the host.',
  CONFIG_SCHEMA_INVALID: 'Correct the JSON Schema under "config".',
  CONFIG_INVALID: "Correct the plugin's settings.",
  PLUGIN_UNREADABLE: 'See that the folder and all files in it can be read.',
  PLUGIN_TOO_LARGE: 'Keep only the plugin itself in its folder; dependencies belong into node_modules.',
  PLUGIN_FOLDER_MISSING: 'Create the folder, or name another one with --plugins.',
  PLUGIN_LOAD_FAILED: 'Correct the file named; the version that served before goes on serving.',
  PLUGIN_LOAD_TIMEOUT: 'Do nothing slow at the top level of a module; do it at the first call.',
  PLUGIN_UNSTEADY: 'Do not write into the folder of a plugin while it loads; a plugin keeps its own files elsewhere.',
  PACKAGE_MISSING: 'Install the package.',
  PACKAGE_UNUSABLE: 'Install a version of the package that works here.',
  PLUGIN_EXPORT_INVALID: 'Write `export default definePlugin({ setup(context) { ... } })` in the main file.',
  PLUGIN_SETUP_FAILED: 'Correct what setup() does; nothing it acquired was kept.',
  PLUGIN_SETUP_TIMEOUT: 'Let setup() return at once, and do slow work at the first call.',
  PLUGIN_UNDO_TIMEOUT: 'Let what is given to defer() end; the rest was undone without it.',
  CONTRIBUTION_UNDECLARED: 'Declare it under "contributes" in plugboard.json, or do not return it from setup().',
  CONTRIBUTION_MISSING: 'Return it from setup(), or give it a "protocol" in plugboard.json.',
  CONTRIBUTION_INVALID: 'Return an object with api: 1 and a stream() method.',
  CONTRIBUTION_TAKEN: 'Give it another id, or remove the other one.',
  PROVIDER_TYPE_UNKNOWN: 'Use a provider that is plugged in as its type; `plugboard providers list` shows them.',
  PROVIDER_ID_INVALID: 'Use small letters, digits, - and _, beginning with a letter, for example claude_main.',
  PROVIDER_DISABLED: 'Enable it with `plugboard providers enable`, or call another provider.',
  PROVIDER_UNPLUGGED: 'Put the plugin back, or call another provider.',
  PROVIDER_UNKNOWN: 'Use one of the providers that are plugged in; `plugboard plugin list` shows them.',
} as const

export type KernelErrorCode = keyof typeof NEXT_STEP

export const kernelError = (
  code: KernelErrorCode,
  message: string,
  options: PlugboardErrorOptions = {},
): PlugboardError => new PlugboardError(code, message, { hint: NEXT_STEP[code], ...options })

/** What any thrown value says. Plugins throw what they like, and asking it must not fail in turn. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}

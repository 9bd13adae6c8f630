import type { Auth, ProviderDeclaration } from '@plugboard/sdk'

/** One more instance of a provider that a plugin declares, under an id and with settings of its own. */
export interface InstanceOf {
  /** What the manifest calls the provider. */
  readonly type: string
  /** Its place among all instances, from 1. */
  readonly rank: number
}

/** Under which id and name a declared provider is known; undefined when it is not offered. */
export type KnownAs = (declaration: ProviderDeclaration) => ProviderDeclaration | undefined

/** A plugin's providers as they are declared; of an instance the one provider, under its own id and name. */
export const knownAs =
  (id: string, instance: InstanceOf | undefined, name: string | undefined): KnownAs =>
  (declaration) => {
    if (instance !== undefined && declaration.id !== instance.type) return undefined
    const known = instance === undefined ? declaration : further(declaration, id)
    return name !== undefined && known.id === id ? { ...known, name } : known
  }

function further(declaration: ProviderDeclaration, id: string): ProviderDeclaration {
  const { auth, name = declaration.id } = declaration
  return { ...declaration, id, name: `${name} (${id})`, ...(auth === undefined ? {} : { auth: withoutEnv(auth) }) }
}

/** The environment has one key: an instance that took it would not be a further one. */
function withoutEnv(auth: Auth): Auth {
  if (auth.type === 'none') return auth
  const { env: _env, ...rest } = auth
  return rest
}

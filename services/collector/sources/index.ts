import type { z } from 'zod'
import { keycloak, keycloakConfig } from './keycloak.js'
import type { Source } from './source.js'

/** What the sources must be told. A new source adds what it needs here, and itself below. */
export const sourcesConfig = {
  ...keycloakConfig,
}

export type SourcesConfig = z.output<z.ZodObject<typeof sourcesConfig>>

/** Every identity provider whose webhooks are taken. */
export function openSources(config: SourcesConfig): readonly Source[] {
  return [keycloak(config)]
}

import type { z } from 'zod'
import { keycloak, keycloakConfig } from './keycloak.js'
import type { Source } from './source.js'

/** The configuration of all sources. A new source adds its variables here, and itself below. */
export const sourcesConfig = {
  ...keycloakConfig,
}

export type SourcesConfig = z.output<z.ZodObject<typeof sourcesConfig>>

/** Every identity provider that can send webhooks. */
export function openSources(config: SourcesConfig): readonly Source[] {
  return [keycloak(config)]
}

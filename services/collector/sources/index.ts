import { keycloak } from './keycloak/keycloak.js'
import type { SourceKind } from './source.js'

/** Every kind of identity provider that can send webhooks. A new kind adds itself here. */
export const kinds: readonly SourceKind[] = [keycloak as unknown as SourceKind]

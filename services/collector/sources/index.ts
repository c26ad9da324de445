import { auth0 } from './auth0/auth0.js'
import { authentik } from './authentik/authentik.js'
import { keycloak } from './keycloak/keycloak.js'
import { okta } from './okta.js'
import type { SourceKind } from './source.js'

/** Every kind of identity provider that can send webhooks. A new kind adds itself here. */
export const kinds: readonly SourceKind[] = [keycloak, authentik, okta, auth0].map(anyKind)

/** A kind whose options are checked when its configuration is read. */
function anyKind(kind: unknown): SourceKind {
  return kind as SourceKind
}

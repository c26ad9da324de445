/** The kinds of sources. The local stack has one source of each kind, which has the kind's name. */
export const sourceKinds = ['keycloak', 'authentik', 'okta', 'auth0'] as const

export type SourceKind = (typeof sourceKinds)[number]

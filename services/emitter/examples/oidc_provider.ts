import { randomUUID } from 'node:crypto'
import type { AuthAudit, Emitter } from '@gatelog/emitter'
import { LRUCache } from 'lru-cache'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { deviceOf } from './stages.js'

/**
 * Leaves a record of every stage that a provider takes. The pages that the provider sends people to, for a password and
 * for consent, leave their own (`oidc_pages.ts`).
 *
 * A sign-in is several requests. Those of the browser have an interaction, whose `cid` stays the same: it is the trace.
 * The request for tokens comes from the application and has only the code, so traces are remembered by codes. Several
 * processes keep them where their adapter keeps codes.
 */
export function auditProvider(provider: Provider, audit: Emitter): void {
  const traces = new LRUCache<string, string>({ max: 10_000, ttl: 10 * 60_000 })

  const emit = (ctx: KoaContextWithOIDC, record: AuthAudit): void => {
    const { client, entities } = ctx.oidc
    audit.emit({
      ...deviceOf(ctx.req),
      issuer: provider.issuer,
      client_id: client?.clientId,
      application_name: client?.clientName,
      user_id: entities.Account?.accountId,
      session: sessionOf(ctx),
      ...record,
    })
  }

  provider.on('interaction.started', (ctx, { name }) => {
    const trace_id = ctx.oidc.entities.Interaction?.cid
    emit(ctx, { stage: 'Authorization', event: `${name} required`, result: 'Challenge', trace_id })
  })
  provider.on('authorization.success', (ctx) => {
    const { Interaction, AuthorizationCode } = ctx.oidc.entities
    // Without an interaction, the browser had signed in before.
    const trace_id = Interaction?.cid ?? randomUUID()
    if (AuthorizationCode !== undefined) traces.set(AuthorizationCode.jti, trace_id)
    emit(ctx, { stage: 'Authorization', event: 'Success', trace_id })
  })
  provider.on('authorization.error', (ctx, { error }) => {
    const trace_id = ctx.oidc.entities.Interaction?.cid
    emit(ctx, { stage: 'Authorization', event: error, result: 'Failure', trace_id })
  })
  provider.on('grant.success', (ctx) => emit(ctx, { ...tokenStage(ctx), event: 'Success' }))
  provider.on('grant.error', (ctx, { error }) => emit(ctx, { ...tokenStage(ctx), event: error, result: 'Failure' }))
  provider.on('end_session.success', (ctx) => emit(ctx, { stage: 'Logout', event: 'Success' }))

  function tokenStage({ oidc: { entities, params } }: KoaContextWithOIDC): AuthAudit {
    return {
      stage: params?.grant_type === 'refresh_token' ? 'Refresh token' : 'Token',
      token_id: entities.AccessToken?.jti,
      trace_id: traces.get(entities.AuthorizationCode?.jti ?? ''),
    }
  }
}

/** The id of the session: the browser's own, or the one that the code or the refresh token belongs to. */
function sessionOf({ oidc: { session, entities } }: KoaContextWithOIDC): string | undefined {
  const source = entities.AuthorizationCode ?? entities.RefreshToken
  return source?.sessionUid ?? (session?.accountId === undefined ? undefined : session.uid)
}

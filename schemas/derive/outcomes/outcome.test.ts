import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { audits, authAudits, type Outcome, type OutcomeRule, type Stream, streams } from '../../streams/index.js'
import { outcomeNamed, outcomeOf, withOutcomeRules } from './outcome.js'

const outcome = outcomeOf(authAudits)

function by(...outcomes: readonly OutcomeRule[]) {
  const decide = outcomeOf({ ...authAudits, outcomes } as Stream)
  return (record: Readonly<Record<string, unknown>>) => decide?.(record)
}

describe('the outcome of a stage', () => {
  it.each<[Outcome, Readonly<Record<string, string>>]>([
    // Agilicus: the results of the newest model, and its older events.
    ['success', { event_name: 'Authentication Request', result: 'Success' }],
    ['success', { event_name: 'Authentication Request', result: 'CodeIssued' }],
    ['success', { event_name: 'Token', result: 'Create' }],
    ['challenge', { event_name: 'Policy Evaluation', result: 'Authenticate' }],
    ['challenge', { event_name: 'MFA Challenge', result: 'DoMfa' }],
    ['challenge', { event_name: 'Identity Provider Authentication', result: 'InProgress' }],
    ['failure', { event_name: 'Policy Evaluation', result: 'Denied' }],
    ['failure', { event_name: 'Identity Provider Callback', result: 'Timeout' }],
    ['failure', { event_name: 'Assertion Request', result: 'Failure' }],
    ['failure', { event_name: 'Authentication Request', result: 'SessionExpired' }],
    ['success', { stage: 'Login', event: 'Success' }],
    ['failure', { stage: 'Login', event: 'Failure' }],
    // The result wins over the event. If no rule matches the result, the event decides.
    ['failure', { event: 'Success', result: 'Denied' }],
    ['success', { event: 'Success', result: 'Something new' }],
    // authentik and Canvas.
    ['success', { event: 'login' }],
    ['success', { event: 'logout' }],
    ['failure', { event: 'login_failed' }],
    ['failure', { event: 'suspicious_request' }],
    ['unknown', { event: 'policy_exception' }],
    ['success', { event: 'authorize_application' }],
    ['unknown', { event: 'policy_execution' }],
    ['unknown', { event: 'update_available' }],
    // Keycloak, by its own names and by the collector's.
    ['success', { event: 'LOGIN' }],
    ['failure', { event: 'LOGIN_ERROR' }],
    ['failure', { event: 'REFRESH_TOKEN_ERROR' }],
    ['success', { stage: 'Login', event: 'Success' }],
    ['failure', { stage: 'Login', event: 'user_disabled_by_temporary_lockout' }],
    ['challenge', { stage: 'Send verify email', event: 'Success', result: 'Success' }],
    ['failure', { stage: 'Send verify email', event: 'email_send_failed', result: 'Failure' }],
    // Plain words.
    ['failure', { stage: 'Password', event: 'Wrong password' }],
    ['failure', { stage: 'Identify', event: 'Unknown user' }],
    ['challenge', { stage: 'Second factor', event: 'Challenge' }],
    ['challenge', { stage: 'Federation', event: 'Redirect' }],
    ['success', { stage: 'Consent', event: 'Granted' }],
    // The record does not say.
    ['unknown', { stage: 'Login' }],
    ['unknown', { event: 'Unknown' }],
    ['unknown', {}],
  ])('is %s for %j', (expected, record) => {
    expect(outcome?.(record)).toBe(expected)
  })

  it('is failure of every word that Keycloak 26.1 has for what went wrong (org.keycloak.events.Errors)', () => {
    const words =
      'invalid_request realm_disabled client_not_found client_disabled invalid_client_credentials invalid_client unauthorized_client ' +
      'consent_denied resolve_required_actions user_not_found user_disabled user_temporarily_disabled invalid_user_credentials ' +
      'invalid_authentication_session different_user_authenticating different_user_authenticated user_delete_error username_missing ' +
      'username_in_use email_in_use email_already_verified org_not_found user_org_member_already invalid_redirect_uri invalid_code ' +
      'invalid_token invalid_token_type invalid_saml_response invalid_authn_request invalid_logout_request invalid_logout_response ' +
      'invalid_artifact invalid_artifact_response saml_token_not_found invalid_signature invalid_registration invalid_issuer ' +
      'invalid_form invalid_config expired_code invalid_input cookie_not_found token_introspection_failed ' +
      'registration_disabled reset_credential_disabled rejected_by_user not_allowed federated_identity_account_exists ssl_required ' +
      'user_session_not_found session_expired email_send_failed invalid_email identity_provider_login_failure ' +
      'identity_provider_error password_confirm_error password_missing password_rejected code_verifier_missing ' +
      'invalid_code_verifier pkce_verification_failed invalid_code_challenge_method invalid_dpop_proof not_logged_in ' +
      'unknown_identity_provider illegal_origin display_unsupported logout_failed invalid_destination missing_required_destination ' +
      'invalid_saml_document unsupported_nameid_format invalid_permission_ticket access_denied invalid_oauth2_device_code ' +
      'expired_oauth2_device_code invalid_oauth2_user_code slow_down generic_authentication_error credential_not_found ' +
      'missing_credential_id delete_credential_failed'
    const others = words.split(' ').filter((event) => outcome?.({ stage: 'Login', event }) !== 'failure')
    expect(others).toEqual([])
  })

  it('is what the documentation of providers says of their words', () => {
    const file = new URL('../../../test/fixtures/sources/outcome_words.tsv', import.meta.url)
    const rows = readFileSync(file, 'utf8').split('\n').slice(1)
    const others = rows.filter((row) => {
      const [, field = '', word = '', expected = ''] = row.split('\t')
      return row !== '' && !expected.split('|').includes(String(outcome?.({ stage: 'Login', [field]: word })))
    })
    expect(rows.length).toBeGreaterThan(60)
    expect(others).toEqual([])
  })

  it.each([
    ['LOGIN_NO_ERROR', 'success'],
    ['already_logged_in', 'success'],
    ['Login was not successful', 'failure'],
    ['unsuccessful', 'failure'],
    ['no_success', 'failure'],
    ['access disallowed', 'failure'],
    ['credentials_invalid', 'failure'],
    ['not applicable', 'unknown'],
    ['internal_error', 'unknown'],
    ['mfa_not_required', 'unknown'],
    ['password not expired', 'success'],
  ] as const)('a pattern does not catch its opposite: %s is %s', (event, expected) => {
    expect(outcome?.({ stage: 'Login', event })).toBe(expected)
  })

  it('ignores case', () => {
    for (const event of ['SUCCESS', 'success', 'sUcCeSs']) expect(outcome?.({ event })).toBe('success')
    expect(outcome?.({ stage: 'SEND VERIFY EMAIL', event: 'success' })).toBe('challenge')
  })
})

describe('a rule', () => {
  it('matches if every field in `when` matches one of its patterns', () => {
    const decide = by({ outcome: 'failure', when: { stage: ['A', 'B'], event: ['x', 'y'] } })
    expect(decide({ stage: 'B', event: 'x' })).toBe('failure')
    expect(decide({ stage: 'A', event: 'z' })).toBe('unknown')
    expect(decide({ stage: 'A' })).toBe('unknown')
  })

  it('wins over the rules after it', () => {
    const decide = by({ outcome: 'unknown', when: { event: ['x'] } }, { outcome: 'failure', when: { event: ['*'] } })
    expect(decide({ event: 'x' })).toBe('unknown')
    expect(decide({ event: 'y' })).toBe('failure')
  })

  it.each([
    ['abc', ['abc', 'ABC', ' abc ', 'abc.', '\tabc!'], ['', 'abcd', 'abc\n']],
    ['a b', ['a b', 'A_B', 'a-b'], ['ab', 'a.b', 'a  b']],
    ['a*c', ['ac', 'abc', 'a\nc', 'a*c'], ['', 'acd', 'bac']],
    ['*c', ['c', 'abc'], ['', 'cd']],
    ['a*', ['a', 'abc'], ['', 'ba']],
    ['*', ['a', ' ', '\n', '*'], ['']],
    ['**', ['a'], ['']],
    ['a.c|d', ['a.c|d', 'A.C|D'], ['abc', 'd', 'a.c']],
    ['(x)+?[y]{2}\\^$', ['(x)+?[y]{2}\\^$'], ['x', 'xyy']],
    ['größe', ['größe', 'GRößE'], ['GRÖSSE', 'GRÖßE']],
    // The kelvin sign is not a k, although Unicode's lower case of it is.
    ['ok', ['oK'], ['o\u212a']],
    ['😀*', ['😀', '😀!'], ['\ud83d']],
  ])('with the pattern %j matches %j, and not %j', (word, fitting, others) => {
    const decide = by({ outcome: 'success', when: { event: [word] } })
    for (const event of fitting) expect(decide({ event }), JSON.stringify(event)).toBe('success')
    for (const event of others) expect(decide({ event }), JSON.stringify(event)).toBe('unknown')
  })
})

it('every declared rule has fields that hold text, and patterns for each', () => {
  for (const { outcomes = [], fields, name } of streams) {
    const texts = fields.filter(({ list }) => list === undefined).map((field) => field.name)
    for (const { when } of outcomes) {
      expect(Object.keys(when).length, name).toBeGreaterThan(0)
      expect(texts).toEqual(expect.arrayContaining(Object.keys(when)))
      for (const words of Object.values(when)) expect(words.filter((word) => word !== '').length).toBe(words.length)
      for (const words of Object.values(when)) expect(words.length).toBeGreaterThan(0)
    }
  }
})

it('a stream without rules has no outcome', () => {
  expect(outcomeOf(audits)).toBeUndefined()
})

it('further rules come before the declared ones of their stream only', () => {
  const [own, other] = withOutcomeRules([authAudits, audits], {
    auth_audits: [{ outcome: 'challenge', when: { event: ['Success'] } }],
  }) as [Stream, Stream]
  expect(outcomeOf(own)?.({ event: 'Success' })).toBe('challenge')
  expect(outcomeOf(own)?.({ event: 'Failure' })).toBe('failure')
  expect(other).toBe(audits)
})

it.each([
  ['failure', 'failure'],
  ['Failure', 'failure'],
  ['failed', undefined],
  ['', undefined],
])('%j names the outcome %j', (text, expected) => {
  expect(outcomeNamed(text)).toBe(expected)
})

import type { OutcomeRule } from './outcome.js'

/**
 * The outcome of a sign-in's stage, by the words that known producers emit. Patterns of one field and one outcome share
 * a rule, because ClickHouse evaluates each rule for each row. `docs/outcomes.md` lists the rules.
 */
export const authAuditsOutcomes = [
  // Keycloak: `Success` of these stages means that the user was asked for something.
  {
    outcome: 'challenge',
    when: {
      stage: ['Send verify email', 'Send reset password', 'Send identity provider link', 'Oauth2 device auth'],
      event: ['Success'],
    },
  },

  // Agilicus: newer producers set `result`, which wins over `event`; older ones put the same words into `event`.
  { outcome: 'success', when: { result: ['Success', 'Create', 'CodeIssued'] } },
  { outcome: 'challenge', when: { result: ['Challenge', 'InProgress', 'Authenticate', 'DoMfa'] } },
  { outcome: 'failure', when: { result: ['Failure', 'Denied', 'Timeout', 'SessionExpired'] } },

  {
    outcome: 'success',
    when: {
      event: [
        ...['Success', 'Create', 'CodeIssued'],
        // Plain words.
        ...['OK', 'Succeeded', 'Accepted', 'Allowed', 'Approved', 'Granted', 'Verified', 'Issued', 'Refreshed'],
        // authentik's actions, and Canvas's two: login, logout.
        ...['login', 'logout', 'authorize_application', 'source_linked', 'invitation_used', 'password_set'],
        ...['impersonation_started', 'impersonation_ended'],
        // Keycloak's event names.
        ...['REGISTER', 'CODE_TO_TOKEN', 'REFRESH_TOKEN', 'CLIENT_LOGIN', 'TOKEN_EXCHANGE', 'IMPERSONATE'],
        ...['IDENTITY_PROVIDER_LOGIN', 'IDENTITY_PROVIDER_FIRST_LOGIN', 'IDENTITY_PROVIDER_POST_LOGIN'],
        ...['GRANT_CONSENT', 'VERIFY_EMAIL'],
      ],
    },
  },
  {
    outcome: 'challenge',
    when: {
      event: [
        ...['InProgress', 'Authenticate', 'DoMfa'],
        ...['Challenge*', 'Redirect*', 'Prompt*', 'Pending', 'Required', 'Sent'],
      ],
    },
  },
  {
    outcome: 'failure',
    when: {
      event: [
        ...['Failure', 'Denied', 'Timeout', 'SessionExpired'],
        // Plain words.
        ...['Fail*', 'Error*', 'Expired', 'Rejected', 'Refused', 'Forbidden', 'Blocked', 'Locked', 'Locked out'],
        ...['Wrong *', 'Invalid *', 'Unknown *', '* not found', '* failed', '* denied', '* expired'],
        // authentik's actions.
        ...['login_failed', 'suspicious_request', 'configuration_error', '*_exception'],
        // Keycloak: names of failed events end in _ERROR; then its error codes, and patterns for codes of the same
        // form.
        ...['*_ERROR', '*_failed', '*_failure', '*_denied', '*_not_found', '*_rejected', 'rejected_*'],
        ...['invalid_*', 'unknown_*', 'unsupported_*', '*_unsupported', 'unauthorized_*', 'illegal_*', 'not_*'],
        ...['expired_*', '*_expired', 'missing_*', '*_missing', '*_in_use', '*_exists', 'already_*', '*_already*'],
        ...['user_*disabled', 'user_disabled_by_*', 'client_disabled', 'realm_disabled', 'registration_disabled'],
        ...['reset_credential_disabled', 'different_user_*', 'resolve_required_actions', 'slow_down', 'ssl_required'],
      ],
    },
  },
] as const satisfies readonly OutcomeRule[]

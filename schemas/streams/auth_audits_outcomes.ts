import type { OutcomeRule } from './outcome.js'

/** The outcome of a sign-in's stage, by the words of those who are known to emit them. `docs/outcomes.md` shows these rules to people. */
export const authAuditsOutcomes = [
  // Keycloak: what went well is that something was asked for.
  {
    outcome: 'challenge',
    when: {
      stage: ['Send verify email', 'Send reset password', 'Send identity provider link', 'Oauth2 device auth'],
      event: ['Success'],
    },
  },

  // Agilicus: newer producers tell by `result`, whatever `event` says beside it; older ones by the same words in `event`.
  { outcome: 'success', when: { result: ['Success', 'Create', 'CodeIssued'] } },
  { outcome: 'challenge', when: { result: ['InProgress', 'Authenticate', 'DoMfa'] } },
  { outcome: 'failure', when: { result: ['Failure', 'Denied', 'Timeout', 'SessionExpired'] } },
  { outcome: 'success', when: { event: ['Success', 'Create', 'CodeIssued'] } },
  { outcome: 'challenge', when: { event: ['InProgress', 'Authenticate', 'DoMfa'] } },
  { outcome: 'failure', when: { event: ['Failure', 'Denied', 'Timeout', 'SessionExpired'] } },

  // Plain words.
  {
    outcome: 'success',
    when: {
      event: ['OK', 'Succeeded', 'Accepted', 'Allowed', 'Approved', 'Granted', 'Verified', 'Issued', 'Refreshed'],
    },
  },
  { outcome: 'challenge', when: { event: ['Challenge*', 'Redirect*', 'Prompt*', 'Pending', 'Required', 'Sent'] } },
  {
    outcome: 'failure',
    when: {
      event: [
        ...['Fail*', 'Error*', 'Expired', 'Rejected', 'Refused', 'Forbidden', 'Blocked', 'Locked', 'Locked out'],
        ...['Wrong *', 'Invalid *', 'Unknown *', '* not found', '* failed', '* denied', '* expired'],
      ],
    },
  },

  // authentik's actions, and Canvas's two (login, logout).
  {
    outcome: 'success',
    when: {
      event: [
        ...['login', 'logout', 'authorize_application', 'source_linked', 'invitation_used', 'password_set'],
        ...['impersonation_started', 'impersonation_ended'],
      ],
    },
  },
  {
    outcome: 'failure',
    when: { event: ['login_failed', 'suspicious_request', 'configuration_error', '*_exception'] },
  },

  // Keycloak: its events' names, of which those of failures end in _ERROR, and its own words for what went wrong.
  {
    outcome: 'success',
    when: {
      event: [
        ...[
          'REGISTER',
          'CODE_TO_TOKEN',
          'REFRESH_TOKEN',
          'CLIENT_LOGIN',
          'TOKEN_EXCHANGE',
          'IMPERSONATE',
          'VERIFY_EMAIL',
        ],
        ...[
          'IDENTITY_PROVIDER_LOGIN',
          'IDENTITY_PROVIDER_FIRST_LOGIN',
          'IDENTITY_PROVIDER_POST_LOGIN',
          'GRANT_CONSENT',
        ],
      ],
    },
  },
  {
    outcome: 'failure',
    when: {
      event: [
        ...[
          '*_ERROR',
          '*_failed',
          '*_failure',
          '*_denied',
          '*_not_found',
          'user_*disabled',
          'client_disabled',
          'realm_disabled',
          'user_disabled_by_*',
        ],
        ...['invalid_*', 'unknown_*', 'unsupported_*', '*_unsupported', 'unauthorized_*', 'illegal_*', 'not_*'],
        ...['expired_*', '*_expired', 'missing_*', '*_missing', 'ssl_required', '*_rejected', 'rejected_*'],
        ...[
          '*_in_use',
          '*_exists',
          'already_*',
          '*_already*',
          'different_user_*',
          'registration_disabled',
          'reset_credential_disabled',
          'resolve_required_actions',
          'slow_down',
        ],
      ],
    },
  },
] as const satisfies readonly OutcomeRule[]

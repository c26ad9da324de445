import type { OutcomeRule } from './outcome.js'

/**
 * The outcome of a sign-in's stage, by the words of those who are known to emit them. Words of one field and one outcome stand in one rule:
 * the database tries each rule on each row. `docs/outcomes.md` shows the rules to people.
 */
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
        // Keycloak's names of events.
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
        // Keycloak: its failures' names end in _ERROR; and its own words for what went wrong, and those that are like them.
        ...['*_ERROR', '*_failed', '*_failure', '*_denied', '*_not_found', '*_rejected', 'rejected_*'],
        ...['invalid_*', 'unknown_*', 'unsupported_*', '*_unsupported', 'unauthorized_*', 'illegal_*', 'not_*'],
        ...['expired_*', '*_expired', 'missing_*', '*_missing', '*_in_use', '*_exists', 'already_*', '*_already*'],
        ...['user_*disabled', 'user_disabled_by_*', 'client_disabled', 'realm_disabled', 'registration_disabled'],
        ...['reset_credential_disabled', 'different_user_*', 'resolve_required_actions', 'slow_down', 'ssl_required'],
      ],
    },
  },
] as const satisfies readonly OutcomeRule[]

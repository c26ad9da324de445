import type { OutcomeRule } from '../outcome.js'
import { words } from './words.js'

/** The rules by `result`, which wins over `event`, and those that need both. */
export const rulesByResult: readonly OutcomeRule[] = [
  // Keycloak: `Success` of these stages means that the user was asked for something.
  {
    outcome: 'challenge',
    when: {
      stage: ['Send verify email', 'Send reset password', 'Send identity provider link', 'Oauth2 device auth'],
      event: ['Success'],
    },
  },

  // A `result` wins over an `event`. Agilicus's words, then those of Okta, Duo, Microsoft Entra and Ping.
  {
    outcome: 'success',
    when: {
      result: [
        ...words('Success, Create, CodeIssued, Succeeded, Successful, OK, Allow, Allowed, Approved'),
        ...words('Granted, Accepted, Passed, Pass, * ok, * succeeded, * success, 0'),
      ],
    },
  },
  {
    outcome: 'challenge',
    when: {
      result: [
        ...words('Challenge, Challenged, InProgress, In progress, Authenticate, DoMfa, Pending, Interrupted'),
        ...words('* required, * challenge, * pending, Waiting'),
        // Entra's interrupts: stay signed in, MFA, registration, device, consent, account picker, silent sign-in.
        ...words('50140, 50074, 50076, 50079, 50072, 50125, 50127, 50129, 50058, 50097, 50203, 50206'),
        ...words('65001, 16000, 16001, 50199, 53004, 50187, 530034, 9002341'),
      ],
    },
  },
  {
    outcome: 'failure',
    when: {
      result: [
        ...words('Failure, Denied, Timeout, SessionExpired, Fail, Failed, Deny, Rejected, Refused, Blocked'),
        ...words('Rate limit, Rate limited, Abandoned, Unanswered, Fraud, Locked, Locked out, Invalid *'),
        ...words('Unauthorized, Forbidden, Expired, Canceled, Cancelled, * failed, * failure, * denied, * bad'),
        ...words('* blocked, * rejected, * timeout, * expired, * disabled, * missing, * fraud'),
        // Entra's errors (AADSTS…) of users, credentials, devices, applications and policies.
        ...words('5002*, 5003*, 5005*, 5006*, 5007*, 5008*, 5010*, 5012*, 5013*, 50144, 50146, 5015*'),
        ...words('5016*, 5017*, 50180, 5019*, 5100*, 5300*, 530032, 530035, 65004, 65005, 7000*, 7001*'),
        ...words('7500*, 8000*, 8001*, 8100*, 9000*, 9001*, 90072, 90094, 90095, 500011, 500014, 50002*'),
        ...words('50012*, 50013*, 700016, 700027, 135010, 120000, 130500, 130503, 399284, 501461'),
      ],
    },
  },
  // Neither: Okta's steps that were left out, and others' words for a policy that did not apply.
  {
    outcome: 'unknown',
    when: { result: ['Skipped', 'Unknown', 'Not applied', 'NotApplied', 'Not applicable', 'Not evaluated', 'N/A'] },
  },
]

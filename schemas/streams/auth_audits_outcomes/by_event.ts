import type { OutcomeRule } from '../outcome.js'
import { words } from './words.js'

/**
 * The rules by `event`. What looks like a failure and is none (`no_error`) comes first, then negations
 * (`unsuccessful`), success, challenge, and failure.
 */
export const rulesByEvent: readonly OutcomeRule[] = [
  // What holds a word of failure and is none.
  {
    outcome: 'success',
    when: {
      event: [
        ...words('*no error*, *without error*, *without errors*, already logged in, already signed in, 0 errors'),
        ...words('*not locked, *not blocked, *not expired, *password not expired, *unlocked, *unblocked'),
      ],
    },
  },
  // An error of the system is no failed sign-in; neither is what did not apply.
  {
    outcome: 'unknown',
    when: {
      event: [
        ...words('* exception, configuration error, policy execution, not applicable, not applied, not evaluated'),
        ...words('* not applicable, * not required, not required, not needed, skipped, unknown, none, no change'),
        ...words('internal error, internal server error, server error, service unavailable, system error'),
      ],
    },
  },
  // Negations come before the words that they negate.
  {
    outcome: 'failure',
    when: {
      event: [
        ...words('not *, * not *, no *, * no *, without *, * without *, never *, cannot *, * cannot *'),
        ...words('unsuccessful*, * unsuccessful*, *nonsuccess*, un*authenticated, * unauthenticated, unauthorized'),
        ...words('* unauthorized, disallowed, * disallowed, disapproved, * disapproved, unverified, * unverified'),
        ...words('incomplete, * incomplete, * mismatch, * mismatched, failed *, * failed, * failed to *'),
        // Keycloak's codes that hold a word of a challenge.
        ...words('ssl required, resolve required actions, different user *, email already verified'),
        ...words('missing required *'),
      ],
    },
  },
  {
    outcome: 'success',
    when: {
      event: [
        ...words('Success, Create, CodeIssued'),
        // Plain words.
        ...words('OK, Succeeded, Accepted, Allow, Allowed, Approved, Granted, Verified, Issued, Refreshed'),
        ...words('Successful, Successfully *, Success *, * success, * succeed, * succeeded, * successful'),
        ...words('* successfully'),
        ...words('* succeeded *, * successfully *, * was successful, Authenticated, Authorized, Permitted, Passed'),
        ...words('* authenticated, * granted, * approved, * accepted, * verified, * ok, * passed, * completed'),
        ...words('* allowed, * satisfied*, * confirmed, * correct, valid *, * valid, allow *, allowed *'),
        ...words('Completed'),
        ...words('logged in, logged out, logged on, logged off, signed in, signed out, signed on, signed up'),
        ...words('* logged in, * logged out, * signed in, * signed out, * logged into *, * logged out of *'),
        ...words('log in, log out, login, logout, logon, logoff, signin, signout, signup, sign in, sign out'),
        ...words('user login, user logout, user logon, user signin, LoggedIn, LoggedOut, SignedIn, SignedOut'),
        ...words('LoginSuccess, LoginSuccessful, LoginSucceeded, AuthenticationSuccess*, AuthSuccess'),
        // authentik's actions.
        ...words('authorize_application, source_linked, invitation_used, password_set'),
        ...words('impersonation_started, impersonation_ended'),
        // Keycloak's event names.
        ...words('REGISTER, CODE_TO_TOKEN, REFRESH_TOKEN, CLIENT_LOGIN, TOKEN_EXCHANGE, IMPERSONATE'),
        ...words('IDENTITY_PROVIDER_LOGIN, IDENTITY_PROVIDER_FIRST_LOGIN, IDENTITY_PROVIDER_POST_LOGIN'),
        ...words('GRANT_CONSENT, VERIFY_EMAIL'),
        // Auth0's codes.
        ...words('s, ss, ssa, slo, si, sv, scp, sce, scpn, scu, scoa, sens, sede, sdeac, seacft'),
        ...words('seccft, sepft, serft, sertft, sercft, seoobft, seotpft, setft, srrt, sdu, sapi'),
        ...words('gd_enrollment_complete, gd_auth_email_verification, gd_unenroll'),
        // Duo's reasons.
        ...words('bypass_user, trusted_network, trusted_location, remembered_device, trusted_mobile_authenticator'),
        // Google, 1Password, Salesforce, OneLogin.
        ...words('firewall_reported_success, 2sv_enroll, passkey_enrolled, LOGIN_DATA_DOWNLOAD_ONLY'),
      ],
    },
  },
  {
    outcome: 'challenge',
    when: {
      event: [
        ...words('InProgress, In progress, * in progress, Authenticate, DoMfa'),
        ...words('Challenge*, Redirect*, Prompt*, Pending, * pending, Required, * required, * required *, Sent'),
        ...words('* challenge, * challenged, * challenge issued, * challenge pending, * requested, * sent'),
        ...words('* prompt*'),
        ...words('* code sent, * twofactor req, interrupted, waiting *, awaiting *, mfa required, step up *'),
        ...words('interaction_required, consent_required, login_required, login verification, login challenge'),
        // Auth0's codes.
        ...words('cls, cs, mfar, scpr, svr, fsa, gd_start_auth, gd_start_enroll, gd_send_pn, gd_send_sms'),
        ...words('gd_send_email, gd_send_voice, Failed Silent Auth'),
      ],
    },
  },
  {
    outcome: 'failure',
    when: {
      event: [
        ...words('Failure, Denied, Timeout, SessionExpired'),
        // Plain words.
        ...words('Fail*, Error*, Expired, Rejected, Refused, Forbidden, Blocked, Locked, Locked out, Lockout'),
        ...words('Wrong *, Invalid *, Unknown *, Bad *, Incorrect *, * not found, * failed, * failed *, * failure'),
        ...words('* failure *, * denied, * denied *, * expired, * incorrect, * wrong, * invalid, * bad, * locked'),
        ...words('* locked out, * locked out *, * lockout, * blocked, * rejected, * rejected *, * refused'),
        ...words('* forbidden'),
        ...words('* disabled, * suspended, * revoked, * timeout, * timout, * timed out, timed out, * abandoned'),
        ...words('Abandoned, Deny, Deny *, * deny, Rate limit*, * rate limit *, Rate exceeded, * rate exceeded'),
        ...words('too many *, * exceeded, canceled, cancelled, * canceled, * cancelled, * declined, * fraud'),
        ...words('fraud'),
        ...words('* breached *, * restricted, * unsupported, *.failed *, LoginFail*, AuthenticationFail*'),
        ...words('AuthFail*'),
        ...words('* fail, * error, missing *, * missing, unauthorized *, illegal *'),
        // authentik's actions.
        ...words('suspicious_request'),
        // Keycloak's error codes, and patterns for codes of the same form.
        ...words('rejected *, unsupported *, expired *, * in use, * exists, already *, * already *'),
        ...words('* already'),
        ...words('user *disabled, user disabled by *, client disabled, realm disabled, registration disabled'),
        ...words('reset credential disabled, slow down'),
        // Salesforce's statuses.
        ...words('LOGIN ERROR *, LOGIN OAUTH *, LOGIN SAML *, LOGIN END SESSION *, LOGIN ORG TRIAL EXP'),
        ...words('LOGIN READ ONLY'),
        // Auth0's codes.
        ...words('f, fp, fu, fc, fco, fcoa, fs, fi, fv, fvr, fn, fcp, fcpr, fcph, fcpn, fce, fcu'),
        ...words('fens, fede, fdeac, fdeaz, fdecc, feacft, feccft, fepft, fertft, ferrt, fercft, feoobft'),
        ...words('feotpft, fepotpft, fetft, flo, fd, fdu, fapi, limit_*, pwd_leak, signup_pwd_leak, api_limit'),
        ...words('gd_otp_rate_limit_exceed, gd_recovery_rate_limit_exceed, gd_auth_fail_*'),
        // Duo's reasons.
        ...words('user_marked_fraud, rooted_device, anonymous_ip, out_of_date, queued_inbox_expired, endpoint_*'),
        ...words('could_not_*, locked_*, denied_*'),
      ],
    },
  },
]

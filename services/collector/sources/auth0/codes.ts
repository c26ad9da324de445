/** What a code of Auth0 means: the stage, what happened, and whether it worked. */
export interface Code {
  readonly stage: string
  readonly event: string
  /** Absent for what says neither that it worked nor that it failed. */
  readonly result?: 'Success' | 'Failure' | 'Challenge'
}

type Row = readonly [code: string, event: string]

/** The codes of one stage and result. */
function codes(stage: string, result: Code['result'], rows: readonly Row[]): readonly (readonly [string, Code])[] {
  return rows.map(([code, event]) => [code, result === undefined ? { stage, event } : { stage, event, result }])
}

/**
 * Auth0's short codes by their documented meaning (Auth0 documentation, "Log Event Type Codes"). A code that is not
 * here is kept, and its outcome is unknown.
 */
export const CODES: Readonly<Record<string, Code>> = Object.fromEntries([
  ...codes('Login', 'Success', [
    ['s', 'Success'],
    ['scoa', 'Cross-origin authentication'],
    ['sens', 'Native social login'],
    ['ciba_exchange_succeeded', 'CIBA exchange'],
  ]),
  ...codes('Login', 'Failure', [
    ['f', 'Login failed'],
    ['fp', 'Wrong password'],
    ['fu', 'Invalid username or email'],
    ['fc', 'Connector failed'],
    ['fco', 'Origin not allowed'],
    ['fcoa', 'Cross-origin authentication failed'],
    ['fens', 'Native social login failed'],
    ['ciba_exchange_failed', 'CIBA exchange failed'],
    ['limit_wc', 'Account blocked'],
    ['limit_mu', 'IP address blocked'],
    ['limit_sul', 'User blocked'],
    ['pwd_leak', 'Breached password'],
    ['signup_pwd_leak', 'Breached password at signup'],
    ['api_limit', 'Rate limit reached'],
  ]),
  ...codes('Login', 'Challenge', [
    ['cls', 'Code or link sent'],
    ['cs', 'Code sent'],
    ['mfar', 'MFA required'],
    ['ciba_start_succeeded', 'CIBA started'],
    ['passkey_challenge_started', 'Passkey challenge started'],
  ]),
  ...codes('Login', undefined, [
    ['w', 'Warning'],
    ['pla', 'Pre-login assessment'],
  ]),
  ...codes('Passkey', 'Failure', [['passkey_challenge_failed', 'Passkey challenge failed']]),
  ...codes('Silent authentication', 'Success', [['ssa', 'Success']]),
  // A page asks whether somebody is signed in; that nobody is makes it no failed attempt.
  ...codes('Silent authentication', 'Challenge', [['fsa', 'login_required']]),
  ...codes('Logout', 'Success', [
    ['slo', 'Success'],
    ['universal_logout_succeeded', 'Universal logout'],
    ['oidc_backchannel_logout_succeeded', 'Back-channel logout'],
    ['session_revoked', 'Session revoked'],
  ]),
  ...codes('Logout', 'Failure', [
    ['flo', 'Logout failed'],
    ['universal_logout_failed', 'Universal logout failed'],
    ['oidc_backchannel_logout_failed', 'Back-channel logout failed'],
  ]),
  ...codes('Token exchange', 'Success', [
    ['seacft', 'Authorization code'],
    ['seccft', 'Client credentials'],
    ['sede', 'Device code'],
    ['seoobft', 'Password and out-of-band code'],
    ['seotpft', 'Password and one-time code'],
    ['sepft', 'Password'],
    ['sepkoobft', 'Passkey and out-of-band code'],
    ['sepkotpft', 'Passkey and one-time code'],
    ['sepkrcft', 'Passkey and recovery code'],
    ['sercft', 'Password and recovery code'],
    ['serft', 'Refresh token'],
    ['sertft', 'Rotating refresh token'],
    ['setft', 'Custom token'],
    ['srrt', 'Refresh token revoked'],
  ]),
  ...codes('Token exchange', 'Failure', [
    ['feacft', 'Authorization code failed'],
    ['feccft', 'Client credentials failed'],
    ['fede', 'Device code failed'],
    ['feoobft', 'Password and out-of-band code failed'],
    ['feotpft', 'Password and one-time code failed'],
    ['fepft', 'Password failed'],
    ['fepotpft', 'Password and one-time code failed'],
    ['fepkoobft', 'Passkey and out-of-band code failed'],
    ['fepkotpft', 'Passkey and one-time code failed'],
    ['fepkrcft', 'Passkey and recovery code failed'],
    ['fercft', 'Password and recovery code failed'],
    ['ferrt', 'Rotating refresh token failed'],
    ['fertft', 'Refresh token failed'],
    ['fetft', 'Custom token failed'],
    ['fd', 'Delegation failed'],
    ['limit_delegation', 'Too many delegations'],
    ['limit_ui', 'Too many user info requests'],
  ]),
  ...codes('Second factor', 'Success', [
    ['gd_auth_succeed', 'Accepted'],
    ['gd_auth_email_verification', 'Email verified'],
    ['gd_enrollment_complete', 'Enrolled'],
    ['gd_recovery_succeed', 'Recovery code accepted'],
    ['gd_unenroll', 'Device removed'],
    ['gd_update_device_account', 'Device updated'],
    ['gd_user_delete', 'Enrollments deleted'],
    ['gd_tenant_update', 'Settings updated'],
    ['gd_module_switch', 'Settings switched'],
    ['gd_mfa_email_login_succeed', 'Email code accepted'],
  ]),
  ...codes('Second factor', 'Challenge', [
    ['gd_start_auth', 'Started'],
    ['gd_start_enroll', 'Enrollment started'],
    ['gd_start_enroll_failed', 'Enrollment did not start'],
    ['gd_send_pn', 'Push notification sent'],
    ['gd_send_sms', 'SMS sent'],
    ['gd_send_email', 'Email sent'],
    ['gd_send_email_verification', 'Email verification sent'],
    ['gd_send_voice', 'Voice call made'],
  ]),
  ...codes('Second factor', 'Failure', [
    ['gd_auth_failed', 'Wrong code'],
    ['gd_auth_rejected', 'Rejected'],
    ['gd_auth_fail_email_verification', 'Email verification failed'],
    ['gd_otp_rate_limit_exceed', 'Too many codes'],
    ['gd_recovery_failed', 'Wrong recovery code'],
    ['gd_recovery_rate_limit_exceed', 'Too many recovery codes'],
    ['gd_send_pn_failure', 'Push notification failed'],
    ['gd_send_sms_failure', 'SMS failed'],
    ['gd_send_voice_failure', 'Voice call failed'],
    ['gd_send_email_verification_failure', 'Email verification failed'],
    ['gd_webauthn_challenge_failed', 'WebAuthn challenge failed'],
    ['gd_webauthn_enrollment_failed', 'WebAuthn enrollment failed'],
    ['gd_mfa_email_login_failed', 'Wrong email code'],
  ]),
  ...codes('Device', 'Success', [['sdeac', 'Device activated']]),
  ...codes('Device', 'Failure', [
    ['fdeac', 'Device activation failed'],
    ['fdeaz', 'Device authorization failed'],
    ['fdecc', 'Device confirmation canceled'],
  ]),
  ...codes('Signup', 'Success', [
    ['ss', 'Success'],
    ['si', 'Invitation accepted'],
    ['sv', 'Email verified'],
  ]),
  ...codes('Signup', 'Challenge', [['svr', 'Verification email requested']]),
  ...codes('Signup', 'Failure', [
    ['fs', 'Signup failed'],
    ['fi', 'Invitation not accepted'],
    ['fv', 'Email verification failed'],
    ['fvr', 'Verification email not sent'],
    ['fn', 'Notification not sent'],
  ]),
  ...codes('Change password', 'Success', [
    ['scp', 'Success'],
    ['scph', 'Post-change hook'],
  ]),
  ...codes('Change password', 'Challenge', [['scpr', 'Change requested']]),
  ...codes('Change password', 'Failure', [
    ['fcp', 'Change failed'],
    ['fcph', 'Post-change hook failed'],
    ['fcpr', 'Change request failed'],
  ]),
  ...codes('Account', 'Success', [
    ['sce', 'Email changed'],
    ['scpn', 'Phone number changed'],
    ['scu', 'Username changed'],
    ['sdu', 'User deleted'],
    ['du', 'User deleted'],
    ['sui', 'Users imported'],
    ['ublkdu', 'Block removed'],
    ['sd', 'Delegation'],
  ]),
  ...codes('Account', 'Failure', [
    ['fce', 'Email change failed'],
    ['fcpn', 'Phone number change failed'],
    ['fcu', 'Username change failed'],
    ['fdu', 'User deletion failed'],
    ['fui', 'Users not imported'],
  ]),
  ...codes('API', 'Success', [
    ['sapi', 'Success'],
    ['mgmt_api_read', 'Read'],
  ]),
  ...codes('API', 'Failure', [['fapi', 'Operation failed']]),
  ...codes('Service', undefined, [
    ['admin_update_launch', 'Update launched'],
    ['api_limit_warning', 'Rate limit near'],
    ['coff', 'Connector offline'],
    ['con', 'Connector online'],
    ['depnote', 'Deprecation notice'],
    ['resource_cleanup', 'Resources removed'],
    ['actions_execution_failed', 'Action did not run'],
    ['acls_summary', 'Network ACLs'],
  ]),
])

import { createHmac } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CAPTURED_SECRET, captured } from '../fixtures/keycloak/captured.js'
import { acme, ada, globex, hank, PASSWORD, realmRepresentation } from '../fixtures/keycloak/realms.js'
import { type Keycloak, startKeycloak } from '../fixtures/keycloak/server.js'
import { Application, type Tokens } from '../fixtures/keycloak/sign_in.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'
import { AgilicusClient, type ClientRecord } from './agilicus_client.js'

let stack: RunningStack
let keycloak: Keycloak
let shop: Application
let client: AgilicusClient

beforeAll(async () => {
  // One after the other, so everything that started is stopped even if a start fails.
  stack = await startStack()
  keycloak = await startKeycloak()
  client = await AgilicusClient.start()
  const { url, secrets } = stack.file.collector
  for (const [realm, user] of [
    [acme, ada],
    [globex, hank],
  ] as const) {
    await keycloak.admin.createRealm(realmRepresentation(realm, [user]))
    await keycloak.admin.createWebhook(realm.name, {
      url: `${url}/v1/sources/keycloak`,
      secret: secrets.keycloak,
      eventTypes: ['*'],
    })
  }
  shop = new Application(keycloak.url, acme)
})

afterAll(async () => {
  await Promise.all([keycloak?.stop(), stack?.stop(), client?.stop()])
})

/** What the client reads now, newest first, with a token for `orgs` (without: for all). */
async function read(query: Readonly<Record<string, string>>, orgs: readonly string[]) {
  return client.list({ api: stack.file.query.url, token: await tokenOf(orgs), query })
}

const tokens = new Map<string, string>()

async function tokenOf(orgs: readonly string[]): Promise<string> {
  const known = tokens.get(orgs.join()) ?? (await gatelog(stack, ['token', ...orgs.flatMap((org) => ['--org', org])]))
  tokens.set(orgs.join(), known)
  return known.trim()
}

/** The same, as soon as there are `count` records. */
async function records(query: Readonly<Record<string, string>>, count: number, orgs: readonly string[] = []) {
  const deadline = Date.now() + 30_000
  let found = await read(query, orgs)
  while (found.length < count && Date.now() < deadline) found = await read(query, orgs)
  expect(found).toHaveLength(count)
  return found
}

async function record(query: Readonly<Record<string, string>>): Promise<ClientRecord | undefined> {
  const [found] = await records(query, 1)
  return found
}

function signedIn(tokens: Tokens | undefined): Tokens {
  if (tokens === undefined) throw new Error('the sign-in was refused')
  return tokens
}

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)

/** The fields that every record of acme's client shop has. */
function atShop(since: number) {
  return {
    event_id: uuid,
    time: expect.toSatisfy((time: string) => Date.parse(time) >= since && Date.parse(time) <= Date.now()),
    org_id: acme.id,
    org_name: 'acme',
    login_org_id: acme.id,
    login_org_name: 'acme',
    client_id: 'shop',
    source_ip: '127.0.0.1',
  }
}
const isAda = { user_id: ada.id, upstream_user_id: 'ada' }
const succeeded = { event: 'Success', result: 'Success', outcome: 'success' }
const failed = (event: string) => ({ event, result: 'Failure', outcome: 'failure' })

test('a right password, the token that is renewed with it, and the log-out', async () => {
  const since = Date.now()
  const tokens = signedIn(await shop.signIn(ada.username, PASSWORD))
  const renewed = signedIn(await shop.refresh(tokens.refresh_token))
  await shop.signOut(renewed.refresh_token)
  const { sid } = decodeJwt(tokens.access_token)
  const success = { ...atShop(since), ...isAda, ...succeeded, session: sid }
  expect(await records({ session_id: String(sid) }, 3)).toEqual([
    { ...success, stage: 'Logout' },
    { ...success, stage: 'Refresh token', token_id: decodeJwt(renewed.access_token).jti },
    { ...success, stage: 'Login', token_id: decodeJwt(tokens.access_token).jti },
  ])
})

test('a wrong password', async () => {
  const since = Date.now()
  await shop.signIn(ada.username, 'wrong')
  expect(await record({ event: 'invalid_user_credentials' })).toEqual({
    ...atShop(since),
    ...isAda,
    stage: 'Login',
    ...failed('invalid_user_credentials'),
  })
})

test('an unknown user', async () => {
  const since = Date.now()
  await shop.signIn('zoë@example.com', 'wrong')
  expect(await record({ upstream_user_id: 'zoë@example.com' })).toEqual({
    ...atShop(since),
    upstream_user_id: 'zoë@example.com',
    stage: 'Login',
    ...failed('user_not_found'),
  })
})

test('a person in a browser, at the second try: one trace', async () => {
  const since = Date.now()
  const { browser, page } = await shop.openSignIn()
  const again = await browser.submit(page, { username: ada.username, password: 'wrong' })
  const back = await browser.submit(again, { username: ada.username, password: PASSWORD })
  const tokens = signedIn(await shop.redeem(back))
  const session = back.url.searchParams.get('session_state') as string
  const known = { ...atShop(since), ...isAda, trace_id: session }
  expect(await records({ trace_id: session }, 3)).toEqual([
    { ...known, session, stage: 'Code to token', ...succeeded, token_id: decodeJwt(tokens.access_token).jti },
    { ...known, session, stage: 'Login', ...succeeded },
    { ...known, stage: 'Login', ...failed('invalid_user_credentials') },
  ])
  await browser.open(shop.signOutAddress(tokens.id_token))
  // Keycloak does not say which session a browser's log-out ends. It is the newest log-out, with another trace.
  const ended = await record({ stage: 'Logout', dt_from: new Date(since).toISOString() })
  expect(ended).toEqual({ ...atShop(since), ...isAda, trace_id: uuid, stage: 'Logout', ...succeeded })
  expect(ended?.trace_id).not.toBe(session)
})

test('tokens of two organizations see only their own', async () => {
  const since = Date.now()
  await new Application(keycloak.url, globex).signIn(hank.username, PASSWORD)
  const atGlobex = { org_id: globex.id, org_name: 'globex', login_org_id: globex.id, login_org_name: 'globex' }
  expect(await records({}, 1, [globex.id])).toEqual([
    {
      ...atShop(since),
      ...atGlobex,
      user_id: hank.id,
      upstream_user_id: 'hank',
      stage: 'Login',
      ...succeeded,
      session: uuid,
      token_id: uuid,
    },
  ])
  await shop.signIn('somebody of acme', 'wrong')
  await record({ upstream_user_id: 'somebody of acme' })
  const everything = await read({}, [])
  const ofAcme = everything.filter(({ org_id }) => org_id === acme.id)
  expect(ofAcme).toHaveLength(everything.length - 1)
  expect(await read({}, [acme.id])).toEqual(ofAcme)
  expect(await read({}, [acme.id, globex.id])).toEqual(everything)
  expect(await read({ org_id: globex.id }, [acme.id])).toEqual([])
  expect(await read({}, ['c0000000-0000-4000-8000-000000000001'])).toEqual([])
})

test('a webhook that Keycloak sends twice is stored once; one that it did not sign is not stored', async () => {
  const { url, secrets } = stack.file.collector
  const event = { ...JSON.parse(captured('provider_login').body), time: Date.now() }
  const send = (sent: object, secret: string) => {
    const body = JSON.stringify(sent)
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const headers = { 'x-keycloak-signature': signature }
    return fetch(`${url}/v1/sources/keycloak`, { method: 'POST', body, headers })
  }
  expect((await send(event, CAPTURED_SECRET)).status).toBe(401)
  expect((await send(event, secrets.keycloak)).status).toBe(200)
  const first = await record({ upstream_idp: 'globex-sso' })
  expect((await send(event, secrets.keycloak)).status).toBe(200)
  // It has the same trace, so it comes after the others: when it is visible, they are stored.
  expect((await send({ ...event, id: 'a later one', type: 'access.UPDATE_PROFILE' }, secrets.keycloak)).status).toBe(
    200,
  )
  await record({ stage: 'Update profile' })
  expect(await records({ stage: 'Login', upstream_idp: 'globex-sso' }, 1)).toEqual([first])
})

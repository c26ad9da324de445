import { createHmac } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CAPTURED_SECRET, captured } from '../fixtures/keycloak/captured.js'
import {
  acme,
  ada,
  globex,
  hank,
  hooli,
  initech,
  ivy,
  joe,
  PASSWORD,
  realmRepresentation,
  zoe,
} from '../fixtures/keycloak/realms.js'
import { type Keycloak, startKeycloak } from '../fixtures/keycloak/server.js'
import { Application, type Tokens } from '../fixtures/keycloak/sign_in.js'
import { startProxy } from '../fixtures/stack/breaking_proxy.js'
import { descendants } from '../fixtures/stack/processes.js'
import { type RunningStack, startStack } from '../fixtures/stack/stack.js'
import { AgilicusClient } from './agilicus_client.js'
import { StackRecords } from './keycloak_records.js'

let stack: RunningStack
let keycloak: Keycloak
let shop: Application
let client: AgilicusClient
let stored: StackRecords

beforeAll(async () => {
  // One after the other, so everything that started is stopped even if a start fails.
  stack = await startStack()
  keycloak = await startKeycloak()
  client = await AgilicusClient.start()
  stored = new StackRecords(stack, client)
  const { url, secrets } = stack.file.collector
  for (const [realm, users] of [
    [acme, [ada, zoe]],
    [globex, [hank]],
  ] as const) {
    await keycloak.admin.createRealm(realmRepresentation(realm, users))
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
  expect(await stored.records({ session_id: String(sid) }, 3)).toEqual([
    { ...success, stage: 'Logout' },
    { ...success, stage: 'Refresh token', token_id: decodeJwt(renewed.access_token).jti },
    { ...success, stage: 'Login', token_id: decodeJwt(tokens.access_token).jti },
  ])
})

test('a wrong password', async () => {
  const since = Date.now()
  await shop.signIn(ada.username, 'wrong')
  expect(await stored.record({ event: 'invalid_user_credentials' })).toEqual({
    ...atShop(since),
    ...isAda,
    stage: 'Login',
    ...failed('invalid_user_credentials'),
  })
})

test('an unknown user', async () => {
  const since = Date.now()
  await shop.signIn('zoë@example.com', 'wrong')
  expect(await stored.record({ upstream_user_id: 'zoë@example.com' })).toEqual({
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
  expect(await stored.records({ trace_id: session }, 3)).toEqual([
    { ...known, session, stage: 'Code to token', ...succeeded, token_id: decodeJwt(tokens.access_token).jti },
    { ...known, session, stage: 'Login', ...succeeded },
    { ...known, stage: 'Login', ...failed('invalid_user_credentials') },
  ])
  await browser.open(shop.signOutAddress(tokens.id_token))
  // Keycloak does not say which session a browser's log-out ends. It is the newest log-out, with another trace.
  const ended = await stored.record({ stage: 'Logout', dt_from: new Date(since).toISOString() })
  expect(ended).toEqual({ ...atShop(since), ...isAda, trace_id: uuid, stage: 'Logout', ...succeeded })
  expect(ended?.trace_id).not.toBe(session)
})

test('tokens of two organizations see only their own', async () => {
  const since = Date.now()
  await new Application(keycloak.url, globex).signIn(hank.username, PASSWORD)
  const atGlobex = { org_id: globex.id, org_name: 'globex', login_org_id: globex.id, login_org_name: 'globex' }
  expect(await stored.records({}, 1, [globex.id])).toEqual([
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
  await stored.record({ upstream_user_id: 'somebody of acme' })
  const everything = await stored.read({})
  const ofAcme = everything.filter(({ org_id }) => org_id === acme.id)
  expect(ofAcme).toHaveLength(everything.length - 1)
  expect(await stored.read({}, [acme.id])).toEqual(ofAcme)
  expect(await stored.read({}, [acme.id, globex.id])).toEqual(everything)
  expect(await stored.read({ org_id: globex.id }, [acme.id])).toEqual([])
  expect(await stored.read({}, ['c0000000-0000-4000-8000-000000000001'])).toEqual([])
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
  const first = await stored.record({ upstream_idp: 'globex-sso' })
  expect((await send(event, secrets.keycloak)).status).toBe(200)
  // It has the same trace, so it comes after the others: when it is visible, they are stored.
  expect((await send({ ...event, id: 'a later one', type: 'access.UPDATE_PROFILE' }, secrets.keycloak)).status).toBe(
    200,
  )
  await stored.record({ stage: 'Update profile' })
  expect(await stored.records({ stage: 'Login', upstream_idp: 'globex-sso' }, 1)).toEqual([first])
})

test('an administrator’s reset of a password, and the change that the person then makes', async () => {
  const temporary = { type: 'password', value: 'made-up-temporary', temporary: true }
  await keycloak.admin.call('PUT', `/admin/realms/acme/users/${zoe.id}/reset-password`, temporary)
  expect(await stored.record({ target_id: zoe.id }, 'audits')).toMatchObject({
    api_name: 'keycloak',
    action: 'ACTION',
    target_resource_type: 'user',
    org_id: acme.id,
    description: `at users/${zoe.id}/reset-password, in acme, by admin of master`,
  })
  const { browser, page } = await shop.openSignIn()
  const asked = await browser.submit(page, { username: zoe.username, password: temporary.value })
  const back = await browser.submit(asked, { 'password-new': PASSWORD, 'password-confirm': PASSWORD })
  signedIn(await shop.redeem(back))
  const trace = back.url.searchParams.get('session_state') as string
  expect(await stored.records({ trace_id: trace }, 4)).toMatchObject([
    { stage: 'Code to token' },
    { stage: 'Login', ...succeeded },
    { stage: expect.stringMatching(/^Update (credential|password)$/), user_id: zoe.id, ...succeeded },
    { stage: expect.stringMatching(/^Update (credential|password)$/), user_id: zoe.id, ...succeeded },
  ])
})

test('the listener that posts Keycloak’s own events', async () => {
  const { url, secrets } = stack.file.collector
  const listener = { targetUri: `${url}/v1/sources/keycloak`, sharedSecret: secrets.keycloak, retry: true }
  const attributes = { '_providerConfig.ext-event-http.0': JSON.stringify(listener) }
  const representation = realmRepresentation(initech, [ivy], { eventsListeners: ['ext-event-http'], attributes })
  await keycloak.admin.createRealm(representation)
  const app = new Application(keycloak.url, initech)
  await app.signIn(ivy.username, 'wrong')
  const tokens = signedIn(await app.signIn(ivy.username, PASSWORD))
  await app.signOut(tokens.refresh_token)
  const isIvy = { user_id: ivy.id, org_id: initech.id, client_id: 'shop' }
  const named = { ...isIvy, upstream_user_id: ivy.username }
  const { sid } = decodeJwt(tokens.access_token)
  const found = await stored.records({ org_id: initech.id }, 3)
  expect(found).toMatchObject([
    // Keycloak's own event of a log-out has no name of the user.
    { ...isIvy, stage: 'Logout', ...succeeded, session: sid },
    { ...named, stage: 'Login', ...succeeded, session: sid },
    { ...named, stage: 'Login', ...failed('invalid_user_credentials') },
  ])
})

test('webhooks are neither lost nor doubled when the collector is killed while it delivers them', async () => {
  const { url, secrets } = stack.file.collector
  let arrived = 0
  let accepted = 0
  // Keycloak does not retry where nothing answers, so a proxy stands before the collector, as the documentation says.
  const proxy = await startProxy(async ({ path, headers, body }) => {
    arrived += 1
    const kills = arrived === 2 || arrived === 5
    const collector = kills ? await pidOfCollector() : 0
    const signature = String(headers['x-keycloak-signature'])
    const answer = fetch(`${url}${path}`, { method: 'POST', body, headers: { 'x-keycloak-signature': signature } })
    if (arrived === 5) await answer
    if (kills) {
      // Once before it answers, and once after: then Kafka has the record, and Keycloak does not know.
      process.kill(collector, 'SIGKILL')
      await answer.catch(() => undefined)
      return 502
    }
    const { status } = await answer
    if (status === 200) accepted += 1
    return status
  })
  try {
    await keycloak.admin.createRealm(realmRepresentation(hooli, [joe]))
    const webhook = { url: `${proxy.url}/v1/sources/keycloak`, secret: secrets.keycloak, eventTypes: ['access.*'] }
    await keycloak.admin.createWebhook(hooli.name, webhook)
    const app = new Application(keycloak.url, hooli)
    const sessions = new Set<string>()
    for (let attempt = 0; attempt < 6; attempt++) {
      sessions.add(signedIn(await app.signIn(joe.username, PASSWORD)).session_state)
    }
    await expect.poll(() => accepted, { timeout: 120_000 }).toBe(6)
    expect(arrived).toBeGreaterThan(7)
    const found = await stored.records({ org_id: hooli.id }, 6)
    expect(new Set(found.map(({ session }) => session))).toEqual(sessions)
  } finally {
    proxy.stop()
  }
})

async function pidOfCollector(): Promise<number> {
  const all = await descendants(stack.process.pid as number)
  const collector = all.filter(({ command }) => command.includes('services/collector/main.js')).at(-1)
  if (collector === undefined) throw new Error('the collector does not run')
  return collector.pid
}
